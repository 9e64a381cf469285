"""Rows of measurements, as the CSV files of a folder have them, and what may be wrong with them."""

from __future__ import annotations

import csv
import math
import pathlib
import re
from collections.abc import Iterator
from dataclasses import dataclass


class BadInputError(Exception):
    """A folder or file that cannot be read as measurements: said in a sentence, with what to do."""


class OutOfScopeError(Exception):
    """A row that the model does not speak about, and why."""


class DoubtfulError(OutOfScopeError):
    """A row that contradicts itself, or does not say what ran: no model can be judged by it. It is listed."""


# Files of measurements, and the columns that are read of each.
COLUMNS = {
    "operator_times_vidur.csv": "gpu num_tokens k n time_ms",
    "prefill_ttft.csv": "model precision gpu n_gpu tp batch input_len ttft_ms framework version notes",
    "throughput.csv": "model precision gpu n_gpu tp batch input_len output_len framework version value scope",
    "llamacpp_tg.csv": "model quant model_size_gib gpu n_gpu test n_tokens batch context_depth tok_per_s framework",
    "decode_itl.csv": "model precision gpu n_gpu tp batch_or_conc context_len output_len itl_ms framework notes",
    "collective_times_vidur.csv": "network collective num_workers devices_per_node size time_ms",
    "spec_decode.csv": "target_model dataset temperature_or_mode k_draft_tokens acceptance_length_al path",
    "training_mfu.csv": "model params gpu n_gpu precision seq_len gbs mbs tp pp vp dp_or_sharding act_ckpt "
                        "mfu_pct iter_time_s framework notes",
    "e2e_latency.csv": "precision gpu n_gpu tp pp batch input_len output_len latency_ms framework notes",
    "kv_capacity.csv": "engine model tp kv_dtype weights_gib kv_gib_per_gpu gpu_blocks block_size kv_tokens cpu_blocks "
                       "max_model_len max_concurrency_x kv_needed_for_max_len_gib arch_kv_bytes_per_token_per_gpu "
                       "quote notes",
    "serving_2026.csv": "silicon_data_source model_path system precision isl osl batch_size tp_size attention_dp_size "
                        "moe_tp_size moe_ep_size silicon_tpot_ms",
    "serving_2026_disaggregated.csv": "id silicon_data_source model_path system precision isl osl "
                                      "prefill_num_workers prefill_tp_size prefill_attention_dp_size "
                                      "prefill_moe_tp_size prefill_moe_ep_size decode_num_workers decode_batch_size "
                                      "decode_tp_size decode_attention_dp_size decode_moe_tp_size decode_moe_ep_size "
                                      "silicon_ttft_ms silicon_tpot_ms",
    "throughput_saturated.csv": "model precision gpu n_gpu tp input_len output_len version value",
    "gemm_2026.csv": "system framework gemm_dtype m n k latency_ms",
    "allreduce_2026.csv": "system kernel_source num_gpus message_bytes latency_ms",
    "llamacpp_apple.csv": "model quant model_size_gib chip gpu_cores test tok_per_s",
}


@dataclass(frozen=True)
class Row:
    """One row of a file; `line` is where it ends."""

    file: str
    line: int
    cells: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.cells[column]

    def has(self, column: str) -> bool:
        """Whether the cell says anything."""
        return self[column].strip() not in ("", "-", "n/a")

    def number(self, column: str) -> float:
        """The number of a cell; a row that leaves it open is out of scope."""
        if not self.has(column):
            raise OutOfScopeError(f"{column} is not given")
        text = self[column].strip()
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise BadInputError(f"{self.file}, line {self.line}: {column} is {text!r}, which is not a number. "
                                f"Correct it, or leave the cell empty.")
        return value

    def positive(self, column: str) -> float:
        """A number above zero: a time, a size, a count. A row that gives zero is out of scope."""
        value = self.number(column)
        if value < 0:
            raise BadInputError(f"{self.file}, line {self.line}: {column} is {self[column].strip()}, and should not be "
                                f"negative. Correct it, or leave the cell empty.")
        if value == 0:
            raise OutOfScopeError(f"{column} is 0")
        return value

    @property
    def tensor_parallel(self) -> float:
        """Chips that share each layer: all of them where tensor parallelism is not given."""
        return self.positive("tp" if self.has("tp") else "n_gpu")

    def leading(self, column: str) -> float:
        """The number that a cell of words begins with; zero where it begins with none."""
        found = re.match(r"\s*(\d+)", self[column])
        return float(found[1]) if found else 0.0


def tables(folder: pathlib.Path) -> dict[str, list[Row]]:
    """The rows of every file in a folder that is understood, by the known file that it is, or is like.

    A file by another name is understood by its columns: it has all those of a known one.
    """
    if not folder.is_dir():
        raise BadInputError(f"{folder} is not a folder. Give one that holds CSV files of measurements.")
    found: dict[str, list[Row]] = {}
    refused = []
    for path in sorted(folder.glob("*.csv"), key=lambda path: (path.name not in COLUMNS, path.name)):
        kind, why = (path.name, "") if path.name in COLUMNS else kind_of(path)
        refused.append(why)
        if kind:
            found.setdefault(kind, []).extend(rows(path, kind))
    if not found:
        raise BadInputError(" ".join(filter(None, [
            f"{folder} holds none of the files that are known: {', '.join(COLUMNS)}.", *refused,
            "Give a folder that holds at least one of them, or one with the columns of one."])))
    return found


def kind_of(path: pathlib.Path) -> tuple[str, str]:
    """The known file whose columns a file has, the most of them; else nothing, and a sentence on what it lacks."""
    with path.open(newline="", encoding="utf-8-sig", errors="replace") as file:
        header = set(next(csv.reader(file), []))
    lacks = {name: [column for column in columns.split() if column not in header] for name, columns in COLUMNS.items()}
    whole = [name for name, missing in lacks.items() if not missing]
    if whole:
        return max(whole, key=lambda name: len(COLUMNS[name].split())), ""
    nearest = min(lacks, key=lambda name: len(lacks[name]) / len(COLUMNS[name].split()))
    missing = ", ".join(map(repr, lacks[nearest]))
    return "", f"{path.name} is not read: to be a table such as {nearest} it lacks {missing}."


def unread(folder: pathlib.Path) -> list[str]:
    """A sentence for each CSV file of a folder that is not understood."""
    others = (path for path in sorted(folder.glob("*.csv")) if path.name not in COLUMNS)
    return [why for path in others if (why := kind_of(path)[1])]


def rows(path: pathlib.Path, kind: str) -> Iterator[Row]:
    """The rows of one file, whose header has the columns that are read of that kind of file."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            _check_header(path.name, reader.fieldnames, kind)
            for cells in reader:
                yield Row(path.name, reader.line_num, _checked(path.name, reader.line_num, cells))
    except UnicodeDecodeError:
        raise BadInputError(f"{path.name} is not UTF-8 text. Save it as CSV in UTF-8.") from None
    except csv.Error as problem:
        raise BadInputError(f"{path.name} is not a CSV file ({problem}). Save it as CSV in UTF-8.") from None
    except OSError as problem:
        raise BadInputError(f"{path.name} cannot be read: {problem.strerror}. Check its permissions.") from None


def _check_header(file: str, header: object, kind: str) -> None:
    known = set(header) if isinstance(header, (list, tuple)) else set()
    missing = [column for column in COLUMNS[kind].split() if column not in known]
    if missing:
        raise BadInputError(f"{file}, line 1: the header has no column {' and no '.join(map(repr, missing))}. Add it; "
                            f"cells may be empty.")


def _checked(file: str, line: int, cells: dict) -> dict[str, str]:
    if None in cells or None in cells.values():
        amount = "more" if None in cells else "fewer"
        raise BadInputError(f"{file}, line {line}: the row has {amount} cells than the header. Quote cells that hold "
                            f"commas.")
    return cells
