"""ResNet50 as it comes, under a head that is trained."""

from features.progress import silent
from models.keras_model import KerasModel, Price


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
    price = Price(step=0.0, look=0.027, start=15, weights=4_200_000)

    weights: str = "imagenet"
    loss = "weighted_bce"
    dropout: float = 0.3

    def inputs(self, radiographs, progress=silent):  # noqa: D102
        from features.cache import cached
        from features.embeddings import Embedding

        extractor = Embedding(backbone="resnet50", weights=self.weights, seed=0, size=self.size)
        return cached(radiographs, extractor, progress)

    def network(self, features):  # noqa: D102
        from keras import layers

        return layers.Dropout(self.dropout)(layers.Dense(512, activation="relu")(features))
