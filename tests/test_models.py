"""The networks compute what the architectures of their names compute in torch, and refuse sizes that make no sense."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from course_utils.engine.stacks import Stack, initial_weights
from course_utils.models import cnn, linear, mlp, rate_shares, rnn, transformer, wide

X = torch.randn(5, 64, generator=torch.Generator().manual_seed(0))


def same(a, b):
    return a.shape == b.shape and torch.allclose(a, b, atol=1e-5)


def test_cnn_is_a_convolution_pooling_and_a_linear_layer_of_torch():
    network = cnn(8, 10, filters=4)()
    kernels = network.filters.weight.view(4, 1, 3, 3)
    a = F.max_pool2d(F.relu(F.conv2d(X.view(5, 1, 8, 8), kernels, network.filters.bias)), 2)
    assert same(network(X), network.out(a.permute(0, 2, 3, 1).flatten(1)))  # ours has the filters last


def test_rnn_is_the_recurrent_network_of_torch():
    network, reference = rnn(2, units=6)(), nn.RNN(1, 6, batch_first=True)
    with torch.no_grad():
        reference.weight_ih_l0.copy_(network.input.weight)
        reference.weight_hh_l0.copy_(network.memory.weight)
        reference.bias_ih_l0.copy_(network.input.bias)
        reference.bias_hh_l0.zero_()
    x = X[:, :9]
    assert same(network(x), network.out(reference(x[..., None])[0][:, -1]))


def test_attention_is_that_of_torch_and_sees_no_later_symbol():
    network = transformer(11, context=8, width=12, heads=3)()
    h = torch.randn(5, 8, 12, generator=torch.Generator().manual_seed(1))
    q, k, v = network.query_key_value(h).unflatten(-1, (3, 3, 4)).permute(2, 0, 3, 1, 4)
    theirs = F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).flatten(2)
    assert same(network._attention(h), theirs)


def test_transformer_is_a_pre_norm_encoder_layer_of_torch_between_embedding_and_scores():
    network = transformer(11, context=8, width=12, heads=3)()
    layer = nn.TransformerEncoderLayer(12, 3, 24, dropout=0.0, batch_first=True, norm_first=True)
    with torch.no_grad():
        layer.self_attn.in_proj_weight.copy_(network.query_key_value.weight)
        layer.self_attn.out_proj.weight.copy_(network.mix.weight)
        for ours, theirs in ((network.up, layer.linear1), (network.down, layer.linear2),
                             (network.before_attention, layer.norm1), (network.before_layers, layer.norm2)):
            theirs.load_state_dict(ours.state_dict())
        layer.self_attn.in_proj_bias.zero_()
        layer.self_attn.out_proj.bias.zero_()
    x = torch.randint(0, 11, (5, 8), generator=torch.Generator().manual_seed(2))
    h = F.embedding(x, network.symbols.weight.T) + network.places
    later = nn.Transformer.generate_square_subsequent_mask(8)
    expected = network.out(network.before_out(layer(h, src_mask=later, is_causal=True)))
    assert same(network(x.float()), expected) and expected.shape == (5, 8, 11)


def test_scores_of_the_transformer_do_not_depend_on_what_comes_later():
    network = transformer(11, context=8)()
    x = torch.randint(0, 11, (5, 8))
    changed = x.clone()
    changed[:, 5:] = (changed[:, 5:] + 1) % 11
    before, after = network(x.float()), network(changed.float())
    assert same(before[:, :5], after[:, :5]) and not torch.allclose(before[:, 5:], after[:, 5:], atol=1e-3)
    assert same(before[:, :3], network(x[:, :3].float()))  # a shorter row is read as the beginning of a longer one


@pytest.mark.parametrize("model, x", [(cnn(8, 3), X), (rnn(1), X[:, :9]),
                                      (transformer(7, 6), torch.randint(0, 7, (5, 6)).float())],
                         ids=["cnn", "rnn", "transformer"])
def test_a_stack_answers_as_its_networks_one_by_one(model, x):
    weights = torch.stack([initial_weights(model, seed) for seed in range(3)])
    stack = Stack(model(), "classification" if model().out.out_features > 1 else "regression")
    outputs = stack._forward(weights, x)
    for row, answer in zip(weights, outputs, strict=True):
        network = model()
        nn.utils.vector_to_parameters(row.clone(), network.parameters())
        assert same(network(x).detach(), answer)


def test_a_seed_gives_the_same_weights_and_another_seed_others():
    for model in (cnn(8, 3), rnn(1), transformer(7, 6), mlp(2, 4, 3)):
        assert torch.equal(initial_weights(model, 4), initial_weights(model, 4))
        assert not torch.equal(initial_weights(model, 4), initial_weights(model, 5))


def test_weights_of_layers_start_within_the_bounds_of_their_papers():
    network = mlp(6, 50, 4, init_scale=0.5)()
    assert 0.4 < network[0].weight.abs().max() <= 0.5  # half of √(6/6)
    assert 0.3 * math.sqrt(6 / 54) < network[2].weight.abs().max() <= 0.5 * math.sqrt(6 / 54)
    assert not network[0].bias.any() and not network[2].bias.any()


@pytest.mark.parametrize("make, message", [
    (lambda: cnn(7, 10), "side must be an even number of pixels, at least 4, got 7"),
    (lambda: cnn(2, 10), "side must be an even number of pixels, at least 4, got 2"),
    (lambda: cnn(8, 0), "n_outputs must be a whole number above 0, got 0"),
    (lambda: cnn(8, 10, filters=2.5), "filters must be a whole number above 0, got 2.5"),
    (lambda: rnn(1, units=-1), "units must be a whole number above 0, got -1"),
    (lambda: transformer("many"), "n_symbols must be a whole number above 0, got 'many'"),
    (lambda: transformer(5, 8, width=9, heads=2), "width must be a multiple of heads, got 9 and 2"),
    (lambda: mlp(3), "sizes must be at least two whole numbers above 0"),
    (lambda: linear(3, 1, activation="gelu"), "activation must be one of relu, tanh, got 'gelu'"),
], ids=lambda value: value if isinstance(value, str) else "")
def test_sizes_that_make_no_sense_are_refused_by_name(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def parts(network):
    return [w.detach() for w in network.parameters()]


def test_at_the_base_width_both_parametrizations_are_the_same_and_beyond_it_only_the_last_matrix_starts_smaller():
    for width in (16, 32, 128):
        plain, mup = (initial_module(wide(5, width, 3, parametrization=p)) for p in ("standard", "maximal-update"))
        assert all(torch.equal(a, b) for a, b in zip(parts(plain)[:-2], parts(mup)[:-2], strict=True))
        assert torch.allclose(parts(mup)[-2], parts(plain)[-2] * (32 / width) ** 0.5)
        assert [tuple(w.shape) for w in parts(plain)[::2]] == [(width, 5), (width, width), (width, width), (3, width)]


def initial_module(model):
    torch.manual_seed(3)
    return model()


@pytest.mark.parametrize("optimizer, expected", [("adam", [1, 1, 1 / 4, 1, 1 / 4, 1, 1 / 4, 1]),
                                                 ("sgd", [4, 4, 1, 4, 1, 4, 1 / 4, 1])])
def test_shares_of_the_rate_are_those_of_the_table_parameter_by_parameter(optimizer, expected):
    network = wide(5, 128, 3)()
    shares = rate_shares(network, optimizer)
    sizes = [w.numel() for w in network.parameters()]
    assert shares.shape == (sum(sizes),)
    for share, value in zip(shares.split(sizes), expected, strict=True):
        assert torch.equal(share, torch.full_like(share, value))
    assert torch.equal(rate_shares(wide(5, 32, 3)(), optimizer), torch.ones(sum(p.numel() for p in wide(5, 32, 3)()
                                                                                .parameters())))


def test_what_no_wide_network_can_be_is_refused_in_words():
    for wrong in (dict(width=0), dict(depth=0), dict(base_width=2.5)):
        with pytest.raises(ValueError, match=f"{next(iter(wrong))} must be a whole number above 0"):
            wide(**dict(n_inputs=2, width=8, n_outputs=3) | wrong)
    with pytest.raises(ValueError, match='parametrization must be "standard" or "maximal-update", got \'mup\''):
        wide(2, 8, 3, parametrization="mup")
    with pytest.raises(ValueError, match='optimizer must be "adam" or "sgd", got \'lion\''):
        rate_shares(wide(2, 8, 3)(), "lion")
    with pytest.raises(ValueError, match="network must have a hidden layer, got 1"):
        rate_shares(mlp(2, 3)())
