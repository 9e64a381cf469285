"""Analytic models of machine-learning systems, checked against published measurements.

>>> from solver import Hardware, Models, ServingModel
>>> result = ServingModel().solve(Models.Llama3_8B, Hardware.Cloud.H100, seq_len=131072)
>>> print(result.kv_cache_size)
17.2 GB
"""

from . import show
from .batching import ContinuousBatchingModel, ContinuousBatchingResult
from .engine import Engine, OutOfMemoryError, PerformanceProfile
from .hardware import Accelerator, Hardware
from .models import Models, Transformer
from .precision import PRECISIONS, Precision, precision_named
from .serving import ServingModel, ServingResult
from .units import Q_, Quantity

__version__ = "0.1.0"
__distribution__ = "mlsysim-labs"
