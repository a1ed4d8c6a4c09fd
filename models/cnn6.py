"""CNN6: six convolutions, each with max-pooling, trained from nothing."""

from models.keras_model import MOMENTUM_FROM_RANDOM, Dropout, KerasModel
from models.price import Price
from models.space import Float


class CNN6(KerasModel):
    """Six 3×3 convolutions with max-pooling, a dense layer, and No Finding as 15th output.

    Attributes
    ----------
    dropout : float
        Share of the dense layer's units left out at a training step.
    """

    title = "CNN of six convolutions"
    price = Price(step=0.015, image=0.008, look=0.0025, start=12, weights=4_800_000)
    search_space = KerasModel.search_space | {"dropout": Float(0.0, 0.7)}

    size = 128
    rotation = 10.0
    no_finding = True
    dropout: Dropout = 0.5

    def network(self, images):  # noqa: D102
        from keras import layers

        from models.training.layers import standardise

        x = standardise(images)
        for block, filters in enumerate((32, 64, 128, 128, 256, 256), start=1):
            x = layers.Conv2D(filters, 3, padding="same", use_bias=False, name=f"conv{block}")(x)
            # Pooled first: the rest then costs a quarter, and a maximum commutes with ReLU.
            x = layers.MaxPooling2D(padding="same")(x)
            x = layers.BatchNormalization(momentum=MOMENTUM_FROM_RANDOM)(x)
            x = layers.ReLU(name=f"relu{block}")(x)
        x = layers.Dense(256, use_bias=False)(layers.GlobalAveragePooling2D()(x))
        x = layers.BatchNormalization(momentum=MOMENTUM_FROM_RANDOM)(x)
        return layers.Dropout(self.dropout)(layers.ReLU()(x))
