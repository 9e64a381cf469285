"""A batch of images."""

from __future__ import annotations

from solver.formulas.memory import weights_bytes
from solver.formulas.roofline import roofline_time
from solver.units import Request, Second
from solver.zoo.convnet import ConvNet
from solver.zoo.node import Node


def image_time(node: Node, convnet: ConvNet, batch: Request) -> Second:
    """Time of a forward pass over `batch` images.

        time = smooth_max(image_work * batch / matmul_rate, weights_bytes / bandwidth)

    Activations are taken to stay on the chip, and launches are left out.
    Source: Williams, Waterman, Patterson 2009, "Roofline: an insightful visual performance model".

    >>> from solver import Hardware, Models, PRECISIONS, Profile
    >>> node = Node(Hardware.Cloud.A100, PRECISIONS["fp16"], PRECISIONS["fp16"], Profile("half", compute=0.5))
    >>> round(float(image_time(node, Models.ResNet50, 1)) * 1e6, 1)   # us
    52.4
    """
    return roofline_time(convnet.image_work * batch, weights_bytes(convnet, node.precision), node.matmul_rate,
                         node.bandwidth, node.profile.norm)
