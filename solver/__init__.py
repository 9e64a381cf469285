"""Analytic models of machine-learning systems, checked against published measurements.

>>> from solver import Hardware, Models, ServingModel
>>> result = ServingModel().solve(Models.Llama3_8B, Hardware.Cloud.H100, seq_len=131072)
>>> print(result.kv_cache_size)
17.2 GB
"""

from solver import show
from solver.compute.engine import Engine, OutOfMemoryError, PerformanceProfile
from solver.formulas.lengths import Exponential, Fixed, Uniform
from solver.formulas.work import BOTTLENECKS
from solver.serving.apart import DisaggregatedModel, DisaggregatedResult
from solver.serving.batching import ContinuousBatchingModel, ContinuousBatchingResult
from solver.serving.capacity import CapacityResult, kv_capacity, max_users
from solver.serving.model import ServingModel
from solver.serving.result import ServingResult
from solver.simulation.result import Simulation
from solver.simulation.serving import simulate
from solver.units import Q_, Quantity
from solver.zoo.fabric import Fabric, Fabrics
from solver.zoo.formats import number_formats, precision_named
from solver.zoo.hardware import Accelerator, Hardware
from solver.zoo.measurements import Measurement, Measurements
from solver.zoo.models import Models, Transformer
from solver.zoo.models import Transformer as Model
from solver.zoo.node import Node
from solver.zoo.precision import PRECISIONS, Precision
from solver.zoo.profiles import Profile, Profiles
from solver.zoo.recipes import Recipes, recipe
from solver.zoo.records import changed

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
    "DisaggregatedModel",
    "DisaggregatedResult",
    "Engine",
    "Exponential",
    "Fabric",
    "Fabrics",
    "Fixed",
    "Hardware",
    "Measurement",
    "Measurements",
    "Model",
    "Models",
    "Node",
    "OutOfMemoryError",
    "PerformanceProfile",
    "Precision",
    "Profile",
    "Profiles",
    "Quantity",
    "Recipes",
    "ServingModel",
    "ServingResult",
    "Simulation",
    "Transformer",
    "Uniform",
    "changed",
    "kv_capacity",
    "max_users",
    "number_formats",
    "precision_named",
    "recipe",
    "show",
    "simulate",
]
