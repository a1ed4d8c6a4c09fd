"""ResNet50 as it comes, under a head that is trained."""

from functools import cached_property

from features.progress import silent
from models.keras_model import BackboneSide, Dropout, KerasModel
from models.price import Price
from models.space import Float


class FrozenResNet50(KerasModel):
    """Two dense layers on the pooled activations of a ResNet50 that is not trained.

    The activations of a frozen backbone are the same in every epoch, so they are computed once,
    and kept: the same network, trained in seconds.

    Attributes
    ----------
    weights : str
        The backbone's: ``"imagenet"``, ``"random"`` or a path.
    dropout : float
        Share of the dense layer's units left out at a training step.
    """

    title = "ResNet50, frozen"
    price = Price(step=0.01, image=0.0, look=0.0135, start=12, weights=4_200_000)
    search_space = KerasModel.search_space | {"dropout": Float(0.0, 0.7)}

    size: BackboneSide = 224
    weights: str = "imagenet"
    loss = "weighted_bce"
    monitor = "val_auc"
    learning_rate = 3e-4
    dropout: Dropout = 0.3

    @cached_property
    def extractor(self):
        """What computes the activations."""
        from features.embeddings import Embedding

        return Embedding(backbone="resnet50", weights=self.weights, seed=0, size=self.size)

    def inputs(self, radiographs, progress=silent):  # noqa: D102
        from features.cache import cached

        return cached(radiographs, self.extractor, progress)

    def from_pixels(self, network=None):  # noqa: D102
        import keras

        pixels = keras.Input((self.size, self.size), dtype="uint8")
        features = self.extractor.network(keras.ops.expand_dims(pixels, -1))
        return keras.Model(pixels, (network or self.trained)(features), name=self.name())

    def network(self, features):  # noqa: D102
        from keras import layers

        # Pooled activations are positive and alike: unscaled, they push every ReLU to zero for good
        # where the backbone is random.
        x = layers.BatchNormalization(momentum=0.9, center=False, scale=False)(features)
        return layers.Dropout(self.dropout)(layers.Dense(512, activation="relu")(x))
