"""A pipeline: how it shares out the layers of a model, how long its stages wait for one another, and a step's time."""

from __future__ import annotations

import numpy as np

from solver.formulas.training.passes import training_passes
from solver.formulas.training.training_step import seen_context
from solver.units import Context, Flop, Request, Scalar, Second
from solver.zoo.models import Transformer


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


def head_layers(model: Transformer, context: Context) -> Scalar:
    """Work of lm_head in units of that of a mean layer, at sequences of `context` tokens.

        layers = lm_head_work * layers / (token_work + prefill_pair_work * seen_context)

    By definition.

    >>> from solver import Models
    >>> round(float(head_layers(Models.Llama3_405B, 8192)), 2)
    0.63
    """
    work = model.token_work + model.prefill_pair_work * seen_context(model, context)
    return model.lm_head_work * model.layers / work


def longest_stage(layers: Scalar, head: Scalar, stages: Scalar) -> Scalar:
    """Work of the stage of a pipeline that has most of it, in layers, if whole layers are placed as well as they can.

        longest = min(stage(last), stage(last + 1)),
        stage(n) = max(ceil((layers - n) / (stages - 1)), n + head),
        last = max(floor((layers - (stages - 1) * head) / stages), 0)

    The last stage has lm_head, which takes as long as `head` layers, and so it may have fewer of these; the others
    share the rest evenly. By definition. That parts of an interleaved stage may be uneven too is left out.

    >>> float(longest_stage(126, 0.61, 16)), round(float(longest_stage(105, 0.21, 35)), 2)
    (8.0, 3.21)
    """
    others = np.maximum(stages - 1, 1)
    last = np.maximum(np.floor((layers - (stages - 1) * head) / stages), 0)
    fewer = np.maximum(np.ceil((layers - last) / others), last + head)
    more = np.maximum(np.ceil((layers - last - 1) / others), last + 1 + head)
    return np.where(stages > 1, np.minimum(fewer, more), layers + head)


def uneven_work(model: Transformer, context: Context, stages: Scalar) -> Scalar:
    """How much longer the longest stage works than the mean one.

        uneven = longest_stage * stages / (layers + head_layers)

    By definition.

    >>> from solver import Models
    >>> round(float(uneven_work(Models.Llama3_405B, 8192, 16)), 3)   # 8 of 126 layers, and lm_head beside 7
    1.011
    """
    head = head_layers(model, context)
    return longest_stage(model.layers, head, stages) * stages / (model.layers + head)


def bubble_share(bubble: Scalar) -> Scalar:
    """Time that stages wait for one another as a share of all time, where `bubble` is that of the time they work.

        share = bubble / (1 + bubble)

    By definition.

    >>> round(bubble_share(7 / 8), 3), round(bubble_share(7 / 32), 3)
    (0.467, 0.179)
    """
    return bubble / (1 + bubble)


def waiting_time(passes: Scalar, stages: Scalar, interleaving: Scalar, one: Second) -> Second:
    """Time that stages wait for one another in a step: while each pipeline of it fills and drains.

        time = passes * (stages - 1) / interleaving * one

    `one` is what a stage takes for a micro-batch, there and back; a step fills the pipeline `passes` times.
    Source: Narayanan et al. 2021, "Efficient Large-Scale Language Model Training on GPU Clusters", section 2.2.

    >>> waiting_time(1, 8, 2, 0.1)   # s
    0.35000000000000003
    """
    return passes * (stages - 1) / interleaving * one
