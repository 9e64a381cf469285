"""What `CompressionModel.solve` found: fields, what was measured of its accuracy, and what gains by it."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from solver.base.numbers import unknown
from solver.base.result import Result, field
from solver.base.sentences import caveat_sentences, could_be_narrower, memory_sentence, power_sentences
from solver.formulas.energy import busy_energy
from solver.text import number_text
from solver.zoo.accuracy import Recovery, measured_recovery


class CompressionResult(Result):
    """What `CompressionModel.solve` found. Its fields broadcast with the arrays that were given."""

    feasible = field(None, "whether the compressed weights and the KV cache fit in memory", bool)
    original_size = field("GB", "weights before")
    compressed_size = field("GB", "weights after, as they are stored: scales, and marks of zeros, included")
    compression_ratio = field(None, "size before over size after")
    bits_per_weight = field(None, "bits that a weight of the layers takes on average")
    memory_savings = field(None, "share of the memory of the weights that the chip no longer needs for them")
    inference_speedup = field(None, "how many times faster tokens come")
    prefill_speedup = field(None, "how many times sooner the first token comes",
                            lazy=lambda result: result.value("baseline_ttft") / result.value("ttft"))
    baseline_itl = field("ms", "time between tokens before")
    itl = field("ms", "time between tokens after")
    baseline_ttft = field("ms", "time to first token before",
                          lazy=lambda result: result.given["asked"].prompt_times()[0])
    ttft = field("ms", "time to first token after", lazy=lambda result: result.given["asked"].prompt_times()[1])
    headroom = field("GB", "memory left beside compressed weights and KV cache; negative where they do not fit")
    energy = field("J", "energy of a decoded token after: at most, by the board power of the chip, and without hosts, "
                        "network and cooling",
                   lazy=lambda result: busy_energy(result.given["asked"].after, result.values["itl"])
                   / result.given["asked"].batch)

    @cached_property
    def accuracy(self) -> Recovery | None:
        """What was measured of that model in that format; None where nothing was, and wherever there are zeros."""
        asked = self.given["asked"]
        return measured_recovery(asked.model, asked.after.precision) if asked.pattern == "none" else None

    @property
    def estimated_accuracy_delta(self) -> float | None:
        """Share of the score at 16 bits that is lost (negative) or won, where somebody measured it; else None."""
        return None if self.accuracy is None else round(self.accuracy.recovery - 1, 6)

    @property
    def constraint_trace(self) -> list[str]:
        """What binds, in sentences."""
        if self.traced or any(map(unknown, self.values.values())):
            return []
        asked, values = self.given["asked"], self.values
        more = {"fewer requests": asked.batch > 1, "a shorter context": asked.context > 1,
                "a narrower number format": could_be_narrower(asked.after), "a chip with more memory": True}
        return [memory_sentence(values["headroom"], asked.after.device, more), self._format(), self._arithmetic(),
                *self._zeros(), self._accuracy(), *power_sentences(asked.after),
                *caveat_sentences(asked.context, [asked.model], [
                    (asked.after, {"time to first token": self.value("ttft"), "time between tokens": values["itl"]})])]

    def _format(self) -> str:
        """What weights are afterwards."""
        kind = self.given["asked"].after.precision
        wide = "" if kind.size >= 2 else f"; lm_head takes {number_text(8 * kind.wide_size)}"
        return f"Weights: {kind}, {number_text(float(np.max(self.values['bits_per_weight'])))} bits each{wide}."

    def _arithmetic(self) -> str:
        """At which rate they are multiplied."""
        before, after = (node.precision.rate for node in (self.given["asked"].before, self.given["asked"].after))
        device = self.given["asked"].after.device
        gain = device.reading.peak[after] / device.reading.peak[before]
        if after != "half":
            times = f"at {number_text(gain)} times the rate before" if gain != 1 else "at the rate before"
            said = times if np.isfinite(gain) else "at a rate that nobody publishes"
            return f"Arithmetic: in {after}, {said}."
        return "Arithmetic: at 16 bits, for weights alone are narrower. Reading them is quicker, and nothing else is."

    def _zeros(self) -> list[str]:
        """What zeros among the weights bring."""
        asked = self.given["asked"]
        gains = asked.after.device.sparsity > 1
        return {"none": [], "structured": ["Zeros: whole rows and heads are left out, and what is left is as before."],
                "unstructured": ["Zeros: they make the file smaller. The chip unpacks it, and reads and multiplies "
                                 "them as other weights."],
                "2:4": [f"Zeros: {asked.after.device} multiplies such weights twice as fast at best, and reads them as "
                        f"they are stored." if gains else
                        f"Zeros: no gain is published for {asked.after.device}, which unpacks the weights first."],
                }[asked.pattern]

    def _accuracy(self) -> str:
        """What was measured."""
        if self.accuracy is None:
            return "Accuracy: nothing was measured for this model in this form that is known here, so none is given."
        found = self.accuracy
        return (f"Accuracy: {found.recovery:.1%} of the score at 16 bits on the Open LLM Leaderboard 1, "
                f"{found.harder:.1%} on its harder version 2, tuned for instructions ({found.source}).")
