"""How long a training step takes on many chips that share a model in pipeline and tensor parallelism."""

from __future__ import annotations

from solver.formulas.training import training_passes
from solver.units import Context, Flop, FlopRate, Request, Scalar, Second
from solver.zoo.models import Transformer

MFU_SOURCE = "https://github.com/mosaicml/llm-foundry/blob/main/scripts/train/benchmarking/README.md"
MFU_LARGE = 1e9  # parameters from which a model counts as large
# Model FLOP utilization of llm-foundry in bfloat16: medians by family of chips, small and large models.
MFU = {"Ampere": (0.47, 0.53), "Hopper": (0.36, 0.42)}
SHARE = 0.60  # of the peak, that Megatron-LM reaches on A100 between pipeline bubbles; fitted to four iterations


def training_work(model: Transformer, batch: Request, context: Context, recomputation: Scalar = 0.0) -> Flop:
    """FLOP of a training step over `batch` sequences of `context` tokens.

        work = (3 + recomputation) * batch * context * (token_work + lm_head_work + pair_work * context)

    Attention counts the full square, as Megatron-LM and llm-foundry do in their own figures, not the causal half.
    Source: Narayanan et al. 2021, "Efficient Large-Scale Language Model Training on GPU Clusters", appendix.

    >>> from solver import Models
    >>> round(float(training_work(Models.GPT3, 1, 2048)) / 1e15, 2)   # PFLOP
    2.2
    """
    token = model.token_work + model.lm_head_work + model.prefill_pair_work * context
    return training_passes(0.0, recomputation) * batch * context * token


def pipeline_bubble(stages: Scalar, batches: Scalar, interleaving: Scalar = 1.0) -> Scalar:
    """Time that stages of a pipeline wait for one another, as a share of the time that they work.

        bubble = (stages - 1) / (interleaving * batches)

    `batches` are the micro-batches of a step, `interleaving` the parts of the model that each stage holds.
    Source: Narayanan et al. 2021, section 2.2.

    >>> pipeline_bubble(8, 56), pipeline_bubble(8, 56, 2)
    (0.125, 0.0625)
    """
    return (stages - 1) / (interleaving * batches)


def iteration_time(work: Flop, chips: Scalar, rate: FlopRate, bubble: Scalar = 0.0) -> Second:
    """Time of a training step on `chips` chips that each reach `rate`.

        time = work / (chips * rate) * (1 + bubble)

    Leaves out data parallelism: gradients are taken to be exchanged meanwhile.
    Source: Narayanan et al. 2021, "Efficient Large-Scale Language Model Training on GPU Clusters", section 2.2.

    >>> round(iteration_time(2.47e18, 280, 0.6 * 312e12, pipeline_bubble(35, 280, 3)), 1)   # s
    49.0
    """
    return work / (chips * rate) * (1 + bubble)
