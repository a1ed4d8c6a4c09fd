"""DenseNet121, all of it trained, on a focal loss with balanced classes."""

from models.keras_model import BackboneSide, Dropout, KerasModel
from models.price import Price
from models.space import Float


class DenseNet121(KerasModel):
    """DenseNet121 with global average pooling.

    Attributes
    ----------
    weights : str
        What to start from: ``"imagenet"``, ``"random"`` or a path.
    dropout : float
        Share of the pooled features left out at a training step.
    """

    title = "DenseNet121, fine-tuned"
    price = Price(step=0.1, image=0.046, look=0.0115, start=52, weights=28_200_000)
    search_space = KerasModel.search_space | {"dropout": Float(0.0, 0.7)}

    size: BackboneSide = 224
    weights: str = "imagenet"
    learning_rate = 1e-4
    loss = "focal"
    rotation = 10.0
    flip = True
    brightness = 0.1
    dropout: Dropout = 0.5

    def network(self, images):  # noqa: D102
        from keras import layers

        x = layers.GlobalAveragePooling2D()(self.backbone("densenet121", images, self.weights))
        return layers.Dropout(self.dropout)(x)
