"""The public names, and where each is at home: read by editors, by mypy, and by `solver/__init__.py`."""

from solver import show as show
from solver.base.forward import ForwardModel as ForwardModel
from solver.compute.engine import Engine as Engine
from solver.compute.engine import Engine as SingleNodeModel
from solver.compute.engine import OutOfMemoryError as OutOfMemoryError
from solver.compute.engine import PerformanceProfile as PerformanceProfile
from solver.design.sensitivity import SensitivitySolver as SensitivitySolver
from solver.design.sensitivity_result import SensitivityResult as SensitivityResult
from solver.formulas.lengths import Exponential as Exponential
from solver.formulas.lengths import Fixed as Fixed
from solver.formulas.lengths import Uniform as Uniform
from solver.formulas.work import BOTTLENECKS as BOTTLENECKS
from solver.serving.apart import DisaggregatedModel as DisaggregatedModel
from solver.serving.apart import DisaggregatedResult as DisaggregatedResult
from solver.serving.batching import ContinuousBatchingModel as ContinuousBatchingModel
from solver.serving.batching import ContinuousBatchingResult as ContinuousBatchingResult
from solver.serving.capacity import CapacityResult as CapacityResult
from solver.serving.capacity import kv_capacity as kv_capacity
from solver.serving.capacity import max_users as max_users
from solver.serving.model import ServingModel as ServingModel
from solver.serving.result import ServingResult as ServingResult
from solver.simulation.result import Simulation as Simulation
from solver.simulation.serving import simulate as simulate
from solver.units import Q_ as Q_
from solver.units import Quantity as Quantity
from solver.zoo.datacenter import Datacenter as Datacenter
from solver.zoo.datacenter import Datacenters as Datacenters
from solver.zoo.fabric import Fabric as Fabric
from solver.zoo.fabric import Fabrics as Fabrics
from solver.zoo.fleet import Fleet as Fleet
from solver.zoo.formats import number_formats as number_formats
from solver.zoo.formats import precision_named as precision_named
from solver.zoo.grid import Grid as Grid
from solver.zoo.grid import Grids as Grids
from solver.zoo.hardware import Accelerator as Accelerator
from solver.zoo.hardware import Hardware as Hardware
from solver.zoo.measurements import Measurement as Measurement
from solver.zoo.measurements import Measurements as Measurements
from solver.zoo.models import Models as Models
from solver.zoo.models import Transformer as Model
from solver.zoo.models import Transformer as Transformer
from solver.zoo.node import Node as Node
from solver.zoo.precision import PRECISIONS as PRECISIONS
from solver.zoo.precision import Precision as Precision
from solver.zoo.profiles import Profile as Profile
from solver.zoo.profiles import Profiles as Profiles
from solver.zoo.recipes import Recipes as Recipes
from solver.zoo.recipes import recipe as recipe
from solver.zoo.records import changed as changed
from solver.zoo.server import Server as Server
from solver.zoo.server import Servers as Servers

__version__: str
__distribution__: str
