"""Shapes of models as their config.json says them, by their names in the zoo."""

# What their config.json says (the sources of these models in zoo/models.toml), but for keys that change no size.
CONFIGS = {
    "Llama3_8B": {
        "model_type": "llama", "hidden_size": 4096, "num_hidden_layers": 32, "num_attention_heads": 32,
        "num_key_value_heads": 8, "intermediate_size": 14336, "vocab_size": 128256, "tie_word_embeddings": False,
        "max_position_embeddings": 131072, "attention_bias": False, "mlp_bias": False},
    "Mistral_7B": {
        "hidden_size": 4096, "intermediate_size": 14336, "max_position_embeddings": 32768, "model_type": "mistral",
        "num_attention_heads": 32, "num_hidden_layers": 32, "num_key_value_heads": 8, "sliding_window": 4096,
        "tie_word_embeddings": False, "vocab_size": 32000},
    "Mistral_7B_v0_3": {
        "hidden_size": 4096, "intermediate_size": 14336, "max_position_embeddings": 32768, "model_type": "mistral",
        "num_attention_heads": 32, "num_hidden_layers": 32, "num_key_value_heads": 8, "sliding_window": None,
        "tie_word_embeddings": False, "vocab_size": 32768},
    "Qwen3_8B": {
        "model_type": "qwen3", "hidden_size": 4096, "num_hidden_layers": 36, "num_attention_heads": 32,
        "num_key_value_heads": 8, "head_dim": 128, "intermediate_size": 12288, "sliding_window": None,
        "use_sliding_window": False, "max_window_layers": 36, "vocab_size": 151936, "tie_word_embeddings": False,
        "max_position_embeddings": 40960, "attention_bias": False},
    "Qwen3_30B_A3B": {
        "model_type": "qwen3_moe", "hidden_size": 2048, "num_hidden_layers": 48, "num_attention_heads": 32,
        "num_key_value_heads": 4, "head_dim": 128, "intermediate_size": 6144, "moe_intermediate_size": 768,
        "num_experts": 128, "num_experts_per_tok": 8, "decoder_sparse_step": 1, "mlp_only_layers": [],
        "sliding_window": None, "use_sliding_window": False, "max_window_layers": 48, "vocab_size": 151936,
        "tie_word_embeddings": False, "max_position_embeddings": 40960, "attention_bias": False},
    "Qwen3_Next_80B_A3B": {
        "model_type": "qwen3_next", "hidden_size": 2048, "num_hidden_layers": 48, "num_attention_heads": 16,
        "num_key_value_heads": 2, "head_dim": 256, "intermediate_size": 5120, "moe_intermediate_size": 512,
        "num_experts": 512, "num_experts_per_tok": 10, "shared_expert_intermediate_size": 512, "decoder_sparse_step":
        1, "mlp_only_layers": [], "full_attention_interval": 4, "linear_conv_kernel_dim": 4, "linear_key_head_dim":
        128, "linear_num_key_heads": 16, "linear_num_value_heads": 32, "linear_value_head_dim": 128, "vocab_size":
        151936, "tie_word_embeddings": False, "max_position_embeddings": 262144},
    "Qwen3_6_27B": {
        "model_type": "qwen3_5", "tie_word_embeddings": False, "text_config": {"model_type": "qwen3_5_text",
        "hidden_size": 5120, "num_hidden_layers": 64, "num_attention_heads": 24, "num_key_value_heads": 4, "head_dim":
        256, "intermediate_size": 17408, "layer_types": [*["linear_attention"] * 3, "full_attention"] * 16,
        "full_attention_interval": 4, "linear_conv_kernel_dim": 4, "linear_key_head_dim": 128, "linear_num_key_heads":
        16, "linear_num_value_heads": 48, "linear_value_head_dim": 128, "mamba_ssm_dtype": "float32",
        "attn_output_gate": True, "vocab_size": 248320, "tie_word_embeddings": False, "max_position_embeddings":
        262144, "attention_bias": False, "mtp_num_hidden_layers": 1}},
    "Gemma3_1B": {
        "_sliding_window_pattern": 6, "attention_bias": False, "head_dim": 256, "hidden_size": 1152,
        "intermediate_size": 6912, "max_position_embeddings": 32768, "model_type": "gemma3_text",
        "num_attention_heads": 4, "num_hidden_layers": 26, "num_key_value_heads": 1, "sliding_window": 512,
        "vocab_size": 262144},
    "Gemma4_26B_A4B": {
        "model_type": "gemma4", "tie_word_embeddings": True, "text_config": {"model_type": "gemma4_text",
        "hidden_size": 2816, "num_hidden_layers": 30, "num_attention_heads": 16, "num_key_value_heads": 8, "head_dim":
        256, "global_head_dim": 512, "num_global_key_value_heads": 2, "attention_k_eq_v": True,
        "num_kv_shared_layers": 0, "intermediate_size": 2112, "moe_intermediate_size": 704, "num_experts": 128,
        "top_k_experts": 8, "enable_moe_block": True, "sliding_window": 1024, "hidden_size_per_layer_input": 0,
        "vocab_size_per_layer_input": 262144, "use_double_wide_mlp": False, "vocab_size": 262144,
        "tie_word_embeddings": True, "max_position_embeddings": 262144, "attention_bias": False}},
    "Gemma4_E2B": {
        "model_type": "gemma4", "tie_word_embeddings": True, "text_config": {"model_type": "gemma4_text",
        "hidden_size": 1536, "num_hidden_layers": 35, "num_attention_heads": 8, "num_key_value_heads": 1, "head_dim":
        256, "global_head_dim": 512, "num_global_key_value_heads": None, "attention_k_eq_v": False,
        "num_kv_shared_layers": 20, "intermediate_size": 6144, "num_experts": None, "top_k_experts": None,
        "enable_moe_block": False, "sliding_window": 512, "layer_types": [*["sliding_attention"] * 4,
        "full_attention"] * 7, "hidden_size_per_layer_input": 256, "vocab_size_per_layer_input": 262144,
        "use_double_wide_mlp": True, "vocab_size": 262144, "tie_word_embeddings": True, "max_position_embeddings":
        131072, "attention_bias": False}},
    "GPT_OSS_20B": {
        "model_type": "gpt_oss", "hidden_size": 2880, "num_hidden_layers": 24, "num_attention_heads": 64,
        "num_key_value_heads": 8, "head_dim": 64, "intermediate_size": 2880, "num_local_experts": 32,
        "num_experts_per_tok": 4, "sliding_window": 128, "vocab_size": 201088, "tie_word_embeddings": False,
        "max_position_embeddings": 131072, "attention_bias": True, "quantization_config": {"quant_method": "mxfp4",
        "modules_to_not_convert": ["model.layers.*.self_attn", "model.layers.*.mlp.router", "model.embed_tokens",
        "lm_head"]}},
    "DeepSeek_V3": {
        "model_type": "deepseek_v3", "hidden_size": 7168, "num_hidden_layers": 61, "num_attention_heads": 128,
        "num_key_value_heads": 128, "intermediate_size": 18432, "moe_intermediate_size": 2048, "n_routed_experts":
        256, "num_experts_per_tok": 8, "n_shared_experts": 1, "first_k_dense_replace": 3, "moe_layer_freq": 1,
        "topk_method": "noaux_tc", "q_lora_rank": 1536, "kv_lora_rank": 512, "qk_nope_head_dim": 128,
        "qk_rope_head_dim": 64, "v_head_dim": 128, "vocab_size": 129280, "tie_word_embeddings": False,
        "max_position_embeddings": 163840, "attention_bias": False, "num_nextn_predict_layers": 1,
        "quantization_config": {"quant_method": "fp8",
        "fmt": "e4m3", "weight_block_size": [128, 128], "activation_scheme": "dynamic"}},
    "DeepSeek_V3_2": {
        "model_type": "deepseek_v32", "hidden_size": 7168, "num_hidden_layers": 61, "num_attention_heads": 128,
        "num_key_value_heads": 128, "intermediate_size": 18432, "moe_intermediate_size": 2048, "n_routed_experts":
        256, "num_experts_per_tok": 8, "n_shared_experts": 1, "first_k_dense_replace": 3, "moe_layer_freq": 1,
        "topk_method": "noaux_tc", "q_lora_rank": 1536, "kv_lora_rank": 512, "qk_nope_head_dim": 128,
        "qk_rope_head_dim": 64, "v_head_dim": 128, "index_head_dim": 128, "index_n_heads": 64, "index_topk": 2048,
        "vocab_size": 129280, "tie_word_embeddings": False, "max_position_embeddings": 163840, "attention_bias":
        False, "num_nextn_predict_layers": 1,
        "quantization_config": {"quant_method": "fp8", "fmt": "e4m3", "weight_block_size": [128, 128],
        "activation_scheme": "dynamic", "scale_fmt": "ue8m0"}},
    "Kimi_K2": {
        "model_type": "kimi_k2", "hidden_size": 7168, "num_hidden_layers": 61, "num_attention_heads": 64,
        "num_key_value_heads": 64, "intermediate_size": 18432, "moe_intermediate_size": 2048, "n_routed_experts": 384,
        "num_experts_per_tok": 8, "n_shared_experts": 1, "first_k_dense_replace": 1, "moe_layer_freq": 1,
        "topk_method": "noaux_tc", "q_lora_rank": 1536, "kv_lora_rank": 512, "qk_nope_head_dim": 128,
        "qk_rope_head_dim": 64, "v_head_dim": 128, "vocab_size": 163840, "tie_word_embeddings": False,
        "max_position_embeddings": 131072, "attention_bias": False, "num_nextn_predict_layers": 0,
        "quantization_config": {"quant_method": "fp8",
        "fmt": "e4m3", "weight_block_size": [128, 128], "activation_scheme": "dynamic"}},
    "Kimi_Linear_48B_A3B": {
        "model_type": "kimi_linear", "vocab_size": 163840, "hidden_size": 2304, "num_hidden_layers": 27,
        "num_attention_heads": 32, "num_key_value_heads": 32, "intermediate_size": 9216, "head_dim": 72,
        "model_max_length": 1048576, "linear_attn_config": {"kda_layers": [1, 2, 3, 5, 6, 7, 9, 10, 11, 13, 14, 15,
        17, 18, 19, 21, 22, 23, 25, 26], "full_attn_layers": [4, 8, 12, 16, 20, 24, 27], "num_heads": 32, "head_dim":
        128, "short_conv_kernel_size": 4}, "num_experts": 256, "moe_intermediate_size": 1024, "kv_lora_rank": 512,
        "q_lora_rank": None, "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "v_head_dim": 128,
        "num_experts_per_token": 8, "num_shared_experts": 1, "first_k_dense_replace": 1, "moe_layer_freq": 1,
        "tie_word_embeddings": False},
    "Llama4_Maverick": {
        "model_type": "llama4", "text_config": {"model_type": "llama4_text", "hidden_size": 5120, "num_hidden_layers":
        48, "num_attention_heads": 40, "num_key_value_heads": 8, "head_dim": 128, "intermediate_size": 8192,
        "intermediate_size_mlp": 16384, "num_local_experts": 128, "num_experts_per_tok": 1,
        "interleave_moe_layer_step": 2, "attention_chunk_size": 8192, "vocab_size": 202048, "max_position_embeddings":
        1048576, "attention_bias": False, "use_qk_norm": False}},
    "GLM_4_5_Air": {
        "model_type": "glm4_moe", "hidden_size": 4096, "num_hidden_layers": 46, "num_attention_heads": 96,
        "num_key_value_heads": 8, "head_dim": 128, "intermediate_size": 10944, "moe_intermediate_size": 1408,
        "n_routed_experts": 128, "num_experts_per_tok": 8, "n_shared_experts": 1, "first_k_dense_replace": 1,
        "vocab_size": 151552, "tie_word_embeddings": False, "max_position_embeddings": 131072, "attention_bias": True,
        "use_qk_norm": False, "num_nextn_predict_layers": 1},
    "MiniMax_M2_5": {
        "model_type": "minimax_m2", "hidden_size": 3072, "num_hidden_layers": 62, "num_attention_heads": 48,
        "num_key_value_heads": 8, "head_dim": 128, "intermediate_size": 1536, "num_local_experts": 256,
        "num_experts_per_tok": 8, "shared_intermediate_size": 0, "use_routing_bias": True, "vocab_size": 200064,
        "tie_word_embeddings": False, "max_position_embeddings": 196608, "use_qk_norm": True, "qk_norm_type":
        "per_layer", "num_mtp_modules": 3, "quantization_config": {"quant_method": "fp8", "fmt": "float8_e4m3fn",
        "weight_block_size": [128, 128], "activation_scheme": "dynamic", "modules_to_not_convert": ["gate",
        "e_score_correction_bias", "lm_head"]}},
    # GPT-2, MPT and Falcon have names of their own for most things.
    "GPT2_Small": {
        "model_type": "gpt2", "n_layer": 12, "n_embd": 768, "n_head": 12, "n_ctx": 1024, "n_positions": 1024,
        "vocab_size": 50257},
    "MPT_7B": {
        "model_type": "mpt", "n_layers": 32, "d_model": 4096, "n_heads": 32, "max_seq_len": 2048, "vocab_size": 50432,
        "expansion_ratio": 4},
    "Falcon_180B": {
        "model_type": "falcon", "num_hidden_layers": 80, "hidden_size": 14848, "num_attention_heads": 232,
        "num_kv_heads": 8, "new_decoder_architecture": True, "multi_query": True, "bias": False, "vocab_size": 65024}}
