"""A normal chest: every layer of a posed body, before any finding."""

import numpy as np

from benchmark.datasets.phantom.body import Body, Pose
from benchmark.datasets.phantom.bones import bones
from benchmark.datasets.phantom.scene import Scene
from benchmark.datasets.phantom.tissue import lungs, mediastinum, soft_tissue
from benchmark.datasets.phantom.vessels import markings


def build(body: Body, pose: Pose, size: int, own: np.random.Generator) -> Scene:
    """Lay a posed body's layers.

    Parameters
    ----------
    body, pose : Body, Pose
        The geometry.
    size : int
        Side of the image in pixels.
    own : Generator
        The patient's own, for textures and vessels: the same on every visit.

    Returns
    -------
    Scene
        Soft tissue, air, bone and markings.
    """
    scene = Scene(body, pose, *pose.grid(size))
    lungs(scene)
    soft_tissue(scene)
    mediastinum(scene)
    scene.bone = bones(scene, own)
    scene.markings = markings(scene, own)
    scene.air *= _grain(scene, own, 60, 0.06) * _grain(scene, own, 120, 0.05)
    scene.soft *= _grain(scene, own, 40, 0.012)
    return scene


def _grain(scene: Scene, own: np.random.Generator, knots: int, contrast: float) -> np.ndarray:
    return 1 + contrast * scene.cloud(own.standard_normal((knots, knots), dtype=np.float32))
