"""ResNet50, all of it trained."""

from models.keras_model import BackboneSide, Dropout, KerasModel
from models.price import Price
from models.space import Float


class ResNet50(KerasModel):
    """ResNet50 with global average pooling and a dense layer of 256.

    Attributes
    ----------
    weights : str
        What to start from: ``"imagenet"``, ``"random"`` or a path.
    dropout : float
        Share of the dense layer's units left out at a training step.
    """

    title = "ResNet50, fine-tuned"
    price = Price(step=0.37, image=0.031, look=0.0135, start=30, weights=96_500_000)
    search_space = KerasModel.search_space | {"dropout": Float(0.0, 0.7)}

    size: BackboneSide = 224
    weights: str = "imagenet"
    learning_rate = 1e-4
    monitor = "val_auc"
    dropout: Dropout = 0.5

    def network(self, images):  # noqa: D102
        from keras import layers

        x = layers.GlobalAveragePooling2D()(self.backbone("resnet50", images, self.weights))
        return layers.Dropout(self.dropout)(layers.Dense(256, activation="relu")(x))
