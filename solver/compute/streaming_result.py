"""What `WeightStreamingModel.solve` found: fields, and what binds them."""

from __future__ import annotations

from typing import Any

import numpy as np

from solver.base.numbers import unknown
from solver.base.result import Result, field
from solver.base.sentences import caveat_sentences, could_be_narrower, memory_sentence, power_sentences
from solver.formulas.energy import busy_energy
from solver.formulas.work import BOTTLENECKS, bottleneck_code
from solver.text import number_text
from solver.units import quantity

INJECTION = "Injection"


class WeightStreamingResult(Result):
    """What `WeightStreamingModel.solve` found. Its fields broadcast with the arrays that were given."""

    feasible = field(None, "whether KV cache, activations and the weights of two layers fit in memory", bool)
    throughput_tokens_per_sec = field(None, "tokens a second of the whole batch: decoded, or of prompts read")
    layer_compute_time = field("ms", "time of a layer whose weights are there; lm_head is shared out to the layers")
    layer_injection_time = field("ms", "time until a layer's weights have come in; those that stay shared out to all")
    pass_time = field("ms", "time of a pass through all layers: between tokens, or until the first one")
    optimal_batch_size = field(None, "batch from which arithmetic is what takes long, whether or not it fits",
                               lazy=lambda result: result.given["asked"].best_batch())
    max_batch_size = field(None, "requests of that many tokens that fit beside the weights of two layers", int)
    wafer_memory_utilization = field(None, "KV cache, activations and the weights of two layers as a share of memory")
    resident_weights = field("GB", "weights that stay on the chip")
    streamed_weights = field("GB", "weights that come in for each pass")
    headroom = field("GB", "memory left beside what it needs at least, for weights that stay; negative where none is")
    within_context = field(None, "whether the model was trained for that context", bool)
    energy = field("J", "energy of a pass: at most, by the board power of the chip, and without hosts, network and "
                        "cooling",
                   lazy=lambda result: busy_energy(result.given["asked"].node, result.values["pass_time"]))
    energy_per_token = field("J", "the same of one of its tokens",
                             lazy=lambda result: busy_energy(
                                 result.given["asked"].node, 1 / result.values["throughput_tokens_per_sec"]))

    @property
    def bottleneck(self) -> Any:
        """"Injection", or what the chip's own work is bound by, such as "Compute"; an array of them for arrays.
        "Unknown" where the time is."""
        asked, values = self.given["asked"], self.values
        model, decoding = asked.model, asked.phase == "decode"
        code = bottleneck_code(
            asked.node.reading, model, model.decode_pair_work if decoding else model.prefill_pair_work, asked.batch,
            asked.new, asked.context if decoding else 0.0, 1.0)
        named = np.where(values["layer_injection_time"] >= values["layer_compute_time"], INJECTION,
                         np.array(BOTTLENECKS)[code])
        named = np.where(np.isnan(values["pass_time"]), "Unknown", named)
        return named if named.ndim else str(named)

    @property
    def constraint_trace(self) -> list[str]:
        """What binds, in sentences."""
        if self.traced or any(map(unknown, self.values.values())):
            return []
        asked = self.given["asked"]
        return [memory_sentence(self.values["headroom"], asked.node.device, self._remedies()), self._streamed(),
                self._bound(), self._batches(), *self._busless(), *power_sentences(asked.node),
                *caveat_sentences(asked.context, [asked.model], [
                    (asked.node, {"time of a pass": self.values["pass_time"]})])]

    def _remedies(self) -> dict[str, Any]:
        """What could be changed, and whether that helps."""
        asked = self.given["asked"]
        return {"fewer requests": asked.batch > 1, "a shorter context": asked.context > 1,
                "a narrower number format": could_be_narrower(asked.node), "a chip with more memory": True}

    def _streamed(self) -> str:
        """What has to come."""
        asked, most = self.given["asked"], float(np.max(self.values["streamed_weights"]))
        if not most:
            return f"Weights: all stay on {asked.node.device}, and none has to come in."
        rate = quantity(asked.node.device.host, "GB/s")
        return (f"Weights: up to {quantity(most, 'GB')} of {quantity(float(asked.weights), 'GB')} come in for each "
                f"pass{'' if np.isnan(rate.magnitude) else f', at {rate}'}.")

    def _bound(self) -> str:
        """What a pass waits for."""
        if np.any(np.isnan(self.values["pass_time"])):
            return "Pass: what binds it is unknown."
        share = np.mean(np.asarray(self.bottleneck) == INJECTION)
        said = {1.0: "weights that come in", 0.0: "what the chip does itself"}.get(
            float(share), f"weights that come in at {share:.0%} of the points")
        return f"Pass: bound by {said}."

    def _batches(self) -> str:
        """From which batch on throughput no longer grows, and whether it fits."""
        best, fits = float(np.max(self.optimal_batch_size)), float(np.min(self.values["max_batch_size"]))
        if np.isnan(best):
            return "Best batch: unknown."
        beyond = "" if best <= fits else f", of which {number_text(fits)} fit"
        return f"Best batch: {number_text(best)}{beyond}. With more at once tokens come no faster."

    def _busless(self) -> list[str]:
        """That nobody knows how fast weights come in."""
        device = self.given["asked"].node.device
        if not np.isnan(device.host) or not np.any(self.values["streamed_weights"] > 0):
            return []
        return [f"Injection: unknown, for {device} has no known bus to a host: give it, as in changed(chip, "
                f"host='64 GB/s')."]
