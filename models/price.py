"""What a network will take, told before it is trained."""

from dataclasses import dataclass

from models.base import Estimate


@dataclass(frozen=True)
class Price:
    """What a network takes on two cores of a common machine, as measured, in seconds.

    Parameters
    ----------
    step : float
        For a step of training, however few its images: the layers one after the other, the
        optimiser's update.
    image, look : float
        For each image of 128 × 128 pixels, in training and in prediction; they grow with the number
        of pixels.
    start : float
        Before the first step and after the last: starting Keras, building, tracing.
    weights : int
        Bytes of the saved weights.
    """

    step: float
    image: float
    look: float
    start: float
    weights: int

    def estimate(
        self,
        train: int,
        total: int,
        *,
        size: int,
        batch_size: int,
        epochs: int,
        head_epochs: int = 0,
    ) -> Estimate:
        """Estimate what training and scoring take, as if no epoch were spared.

        Parameters
        ----------
        train, total : int
            Images to learn from, and to score.
        size : int
            Side of the images, in pixels.
        batch_size : int
            The most images of a step.
        epochs, head_epochs : int
            Passes over *train* that change the whole network, and that only look through its
            backbone.
        """
        steps = -(-train // batch_size) * (epochs + head_epochs)
        images = self.image * train * epochs + self.look * (total + train * head_epochs)
        seconds = self.start + self.step * steps + images * (size / 128) ** 2
        return Estimate(seconds, self.weights)
