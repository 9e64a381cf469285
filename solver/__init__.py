"""Analytic models of machine-learning systems, checked against published measurements.

>>> from solver import Hardware, Models, ServingModel
>>> result = ServingModel().solve(Models.Llama3_8B, Hardware.Cloud.H100, seq_len=131072)
>>> print(result.kv_cache_size)
17.2 GB
"""

from . import show
from .batching import ContinuousBatchingModel, ContinuousBatchingResult
from .bounds import BOTTLENECKS
from .capacity import CapacityResult, kv_capacity, max_users
from .engine import Engine, OutOfMemoryError, PerformanceProfile
from .hardware import Accelerator, Hardware
from .lengths import Exponential, Fixed, Uniform
from .models import Models, Transformer
from .node import Node
from .precision import PRECISIONS, Precision, precision_named
from .profiles import Profile, Profiles
from .serving import ServingModel
from .serving_result import ServingResult
from .simulation import Simulation, simulate
from .units import Q_, Quantity

__version__ = "0.1.0"
__distribution__ = "mlsysim-labs"

__all__ = [
    "BOTTLENECKS",
    "PRECISIONS",
    "Q_",
    "Accelerator",
    "CapacityResult",
    "ContinuousBatchingModel",
    "ContinuousBatchingResult",
    "Engine",
    "Exponential",
    "Fixed",
    "Hardware",
    "Models",
    "Node",
    "OutOfMemoryError",
    "PerformanceProfile",
    "Precision",
    "Profile",
    "Profiles",
    "Quantity",
    "ServingModel",
    "ServingResult",
    "Simulation",
    "Transformer",
    "Uniform",
    "kv_capacity",
    "max_users",
    "precision_named",
    "show",
    "simulate",
]
