"""Linear attention by the sizes that a configuration names: what its layers weigh, and what a request keeps."""

from __future__ import annotations

from solver.zoo.layers import StateAttention


def delta_attention(hidden: float, key_heads: float, heads: float, key_dim: float, head_dim: float, kernel: float = 4,
                    rank: float = 0, state_size: float = 4) -> StateAttention:
    """Gated DeltaNet, or Kimi Delta Attention where decay and output gate are low-rank products (of `rank`).

        channels = 2 * key_heads * key_dim + heads * head_dim      (Q, K and V, each passes a short convolution)
        state = (heads * head_dim * key_dim + (kernel - 1) * channels) * state_size

    A head decays as a whole without a rank, and each of its key channels with one. `key_heads` heads of Q and K serve
    `heads` of V. Convolutions, norm and biases of the decay are vectors.
    Source: Yang et al. 2024, "Gated Delta Networks"; Kimi Team 2025, "Kimi Linear"; names as in Transformers.

    >>> layer = delta_attention(5120, key_heads=16, heads=48, key_dim=128, head_dim=128)
    >>> 48 * layer.state / 2**20   # MiB in the 48 layers of Qwen3.6 27B
    149.625
    """
    keys, values = key_heads * key_dim, heads * head_dim
    channels = 2 * keys + values
    gate = rank * (hidden + values) if rank else hidden * values
    decay = rank * (hidden + heads * key_dim) if rank else hidden * heads
    matrices = hidden * (channels + values + heads) + gate + decay
    biases = heads + (heads * key_dim if rank else heads)  # how fast it decays, and its bias
    return StateAttention(float(hidden), float(heads), float(head_dim), float(key_dim), float(matrices),
                          float(channels * kernel + biases + head_dim), float((kernel - 1) * channels),
                          float(state_size))
