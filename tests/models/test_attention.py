"""Attention against torch's own, positions against their properties, bad input."""

import cmath
from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from parts.ablations import (
    NoMlp,
    NoMlpTransformer,
    NoNorm,
    NoNormTransformer,
    NoResidual,
    NoResidualTransformer,
    NormAfter,
    NormAfterTransformer,
)
from torch import nn

from progtx_core import models
from progtx_core.models.attention import (
    NEG_INF,
    MultiHeadAttention,
    attend,
    attend_narrow,
    patterns,
)
from progtx_core.models.positions import (
    SCHEMES,
    Alibi,
    Positions,
    Sinusoidal,
    make_positions,
    relative_distance,
)
from progtx_core.models.self_attention import SelfAttention
from progtx_core.models.transformer import Block, CausalTransformer, Transformer
from progtx_core.types import Spec

SPEC = Spec(n_classes=3, seq_len=6, d_input=4)
TOKENS = Spec(n_classes=3, seq_len=6, d_vocab=7, pad=0)


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


def torchs_layer(ours):
    """torch's MultiheadAttention with the weights of ours."""
    d_model = ours.W_Q.in_features
    theirs = nn.MultiheadAttention(d_model, ours.n_heads, batch_first=True)
    parts = [ours.W_Q, ours.W_K, ours.W_V]
    theirs.in_proj_weight.data = torch.cat([part.weight.data for part in parts])
    theirs.in_proj_bias.data = torch.cat([part.bias.data for part in parts])
    theirs.out_proj.load_state_dict(ours.W_O.state_dict())
    return theirs


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("n_heads", [1, 2, 4])
@pytest.mark.parametrize("padded", [False, True])
def test_equals_torchs_multi_head_attention(n_heads, causal, padded):
    ours = MultiHeadAttention(8, n_heads, causal)
    theirs = torchs_layer(ours)
    x = torch.randn(5, 6, 8)
    mask = torch.arange(6) < torch.tensor([6, 5, 3, 1, 6]).unsqueeze(1)
    later = torch.ones(6, 6, dtype=torch.bool).triu(1) if causal else None
    expected, weights = theirs(
        x, x, x, ~mask if padded else None, attn_mask=later, average_attn_weights=False
    )
    found = ours(x, mask if padded else None)
    assert torch.allclose(found, expected, atol=1e-5)
    ours.kept = []
    explicit = ours(x, mask if padded else None)  # the written-out way
    assert torch.allclose(explicit, found, atol=1e-5)
    assert torch.allclose(ours.kept[0], weights, atol=1e-5)


def test_block_equals_torchs_encoder_layer():
    ours = Block(8, 2, 16)
    theirs = nn.TransformerEncoderLayer(
        8, 2, 16, dropout=0.0, batch_first=True, norm_first=True
    )
    theirs.self_attn = torchs_layer(ours.attention)
    theirs.norm1, theirs.norm2 = ours.norm_1, ours.norm_2
    theirs.linear1, theirs.linear2 = ours.mlp[0], ours.mlp[2]
    x = torch.randn(4, 5, 8)
    assert torch.allclose(ours(x), theirs(x), atol=1e-5)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("padded", [False, True])
@pytest.mark.parametrize("d_model", [8, 32])  # of narrow heads, and of wide ones
def test_fast_equals_explicit_under_every_scheme(scheme, padded, d_model):
    spec = TOKENS if padded else SPEC
    model = Transformer(spec, d_model, n_heads=2, positions=scheme, n_ctx=9).eval()
    x = torch.randint(1, 7, (5, 6)) if padded else torch.randn(5, 6, 4)
    if padded:
        x[1:, 4:] = 0
    fast = model(x)
    seen = patterns(model, x)
    assert list(seen) == ["blocks.0.attention", "blocks.1.attention"]
    for module in model.modules():
        if isinstance(module, MultiHeadAttention):
            assert module.kept is None  # nothing is left behind
            module.kept = []
    assert torch.allclose(model(x), fast, atol=1e-5)
    for pattern in seen.values():
        assert pattern.shape == (5, 2, 6, 6)
        assert torch.allclose(pattern.sum(-1), torch.ones(5, 2, 6))
        if padded:
            assert pattern[1:, :, :, 4:].max() == 0


@pytest.mark.parametrize("shape", [(1, 1, 1, 1), (3, 2, 5, 8), (7, 4, 13, 3)])
@pytest.mark.parametrize("biased", ["nothing", "(query, key)", "(head, query, key)", "all"])
def test_with_the_batch_innermost_attention_and_its_gradients_are_the_same(shape, biased):
    batch, head, seq, _ = shape
    parts = [torch.randn(shape, dtype=torch.double, requires_grad=True) for _ in range(3)]
    n_axes = {"nothing": 0, "(query, key)": 2, "(head, query, key)": 3, "all": 4}[biased]
    bias = torch.randn((batch, head, seq, seq)[4 - n_axes :]).double() if n_axes else None
    if bias is not None:
        bias[..., 1:] += torch.where(torch.rand_like(bias[..., 1:]) < 0.3, NEG_INF, 0.0)
    wanted, pattern = attend(*parts, bias)
    found = attend_narrow(*parts, bias)
    assert found.shape == shape and torch.allclose(found, wanted)
    by = torch.randn(shape, dtype=torch.double)
    gradients = [torch.autograd.grad((made * by).sum(), parts) for made in (wanted, found)]
    assert all(map(torch.allclose, *gradients))


@pytest.mark.parametrize("scheme", ["relative", "rotary", "alibi"])
def test_relative_schemes_see_distances_only(scheme):
    """Scores of a window do not change when it is moved along the sequence."""
    positions = make_positions(scheme, n_ctx=12, d_model=8, n_heads=2)
    content = torch.randn(1, 2, 3, 4)
    moved = []
    for start in (0, 5):
        heads = torch.zeros(1, 2, 12, 4)
        heads[:, :, start : start + 3] = content
        turned = positions.rotate(heads)
        scores = turned @ turned.transpose(-2, -1)
        bias = positions.attention_bias(12)
        if bias is not None:
            scores = scores + bias
        moved.append(scores[..., start : start + 3, start : start + 3])
    assert torch.allclose(*moved, atol=1e-4)


def test_alibi_cannot_tell_left_from_right_and_relative_can():
    x = torch.randn(5, 6, 4)
    for scheme, same in (("none", True), ("alibi", True), ("relative", False)):
        model = SelfAttention(SPEC, 8, positions=scheme).eval()
        assert torch.allclose(model(x), model(x.flip(1)), atol=1e-5) == same


def test_distance_counts_from_the_query():
    assert relative_distance(3).tolist() == [[0, 1, 2], [-1, 0, 1], [-2, -1, 0]]


def test_random_offset_varies_in_training_only():
    positions = make_positions("random_offset", n_ctx=50, d_model=4, n_heads=1)
    x = torch.zeros(8, 3, 4)
    assert len(positions.add_to_embeddings(x)[:, 0].unique(dim=0)) > 1
    positions.eval()
    assert torch.equal(positions.add_to_embeddings(x)[5], positions.table[:3])


def test_random_offsets_reach_from_one_end_of_the_table_to_the_other():
    positions = make_positions("random_offset", n_ctx=5, d_model=1, n_heads=1)
    positions.table.data = torch.arange(5.0).unsqueeze(1)
    drawn = positions.add_to_embeddings(torch.zeros(100, 3, 1))[..., 0]
    assert drawn.unique(dim=0).tolist() == [[0, 1, 2], [1, 2, 3], [2, 3, 4]]


def test_rotary_positions_by_hand():
    """Pair (i, i + 2) of four numbers is turned by the position, or a hundredth of it."""
    x = torch.randn(1, 2, 3, 4)
    turned = make_positions("rotary", n_ctx=3, d_model=8, n_heads=2).rotate(x)
    for position in range(3):
        for pair, frequency in enumerate((1.0, 0.01)):
            before, after = (
                torch.complex(h[0, :, position, pair], h[0, :, position, pair + 2])
                for h in (x, turned)
            )
            wanted = before * cmath.exp(1j * position * frequency)
            assert torch.allclose(after, wanted, atol=1e-5)


def test_biases_by_hand():
    slopes = Alibi(n_ctx=3, d_model=4, n_heads=4).attention_bias(3)[:, 2, 1]
    assert slopes.tolist() == [-(2.0**-2), -(2.0**-4), -(2.0**-6), -(2.0**-8)]
    positions = make_positions("relative", n_ctx=3, d_model=2, n_heads=1)
    positions.table.data = torch.arange(-2.0, 3.0).unsqueeze(0)
    assert torch.equal(positions.attention_bias(3)[0], relative_distance(3).float())


def test_fixed_schemes_by_hand():
    waves = Sinusoidal(n_ctx=4, d_model=8, n_heads=2).add_to_embeddings(
        torch.zeros(1, 4, 8)
    )
    assert waves[0, 0].tolist() == [0.0, 1.0] * 4
    bias = Alibi(n_ctx=3, d_model=4, n_heads=1).attention_bias(3)
    assert bias[0, 0].tolist() == [0.0, -(2.0**-8), -2 * 2.0**-8]
    assert Positions(n_ctx=4, d_model=8, n_heads=2).attention_bias(4) is None


def test_self_attention_by_hand():
    model, x = SelfAttention(SPEC, 8, positions="learned"), torch.randn(3, 6, 4)
    there = model.embed(x) + model.positions.table
    asked, _ = torchs_layer(model.attention)(there, there, there)
    logits = model.logits_head((there + asked).relu().mean(1))
    assert torch.allclose(model(x), logits, atol=1e-5)


@given(st.permutations(range(6)), st.integers(0, 100))
def test_self_attention_without_positions_is_blind_to_order(order, seed):
    torch.manual_seed(seed)
    model = SelfAttention(SPEC, 8)
    x = torch.randn(3, 6, 4)
    assert torch.allclose(model(x[:, order]), model(x), atol=1e-5)
    pattern, moved = (patterns(model, i)["attention"] for i in (x, x[:, order]))
    assert torch.allclose(moved, pattern[:, :, order][..., order], atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("name", [n for n in models.names() if n != "logistic_regression"])
@given(st.lists(st.integers(1, 6), min_size=1, max_size=6), st.integers(1, 3))
def test_padding_never_changes_a_result(name, tokens, more):
    torch.manual_seed(1)
    sizes = {"n_ctx": 12} if "positions" in name or name == "transformer" else {}
    model = models.build(name, TOKENS, **sizes).eval()
    short = torch.tensor([tokens])
    padded = torch.tensor([tokens + [0] * more])
    assert torch.allclose(model(short), model(padded), atol=1e-5)
    beside = torch.cat([padded, torch.ones_like(padded)])  # nor does company
    assert torch.allclose(model(beside)[:1], model(short), atol=1e-5)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_padding_never_changes_a_result_under_any_scheme(scheme):
    model = Transformer(TOKENS, 8, n_heads=2, positions=scheme, n_ctx=12).eval()
    short = torch.randint(1, 7, (4, 5))
    padded = torch.cat([short, torch.zeros(4, 4, dtype=torch.long)], 1)
    assert torch.allclose(model(short), model(padded), atol=1e-5)


def test_a_causal_model_does_not_see_what_comes_later():
    spec = Spec(n_classes=7, seq_len=6, d_vocab=7, per_position=True)
    model = CausalTransformer(spec, 8, n_heads=2).eval()
    x = torch.randint(0, 7, (4, 6))
    changed = x.clone()
    changed[:, 4:] = (changed[:, 4:] + 1) % 7
    before, after = model(x), model(changed)
    assert before.shape == (4, 6, 7)
    assert torch.allclose(before[:, :4], after[:, :4], atol=1e-6)
    assert not torch.allclose(before[:, 4:], after[:, 4:])


def test_one_answer_is_read_from_the_mean_of_all_positions_or_the_first():
    each = Spec(n_classes=3, seq_len=6, d_vocab=7, pad=0, per_position=True)
    everywhere = Transformer(each, 8, n_heads=2)
    x = torch.tensor([[3, 1, 4, 1, 5, 2], [2, 6, 0, 0, 0, 0]])
    logits = everywhere(x)  # linear in the positions, so their mean is the mean's
    mask = (x != 0).float().unsqueeze(-1)
    wanted = {"first": logits[:, 0], "mean": (logits * mask).sum(1) / mask.sum(1)}
    for read, expected in wanted.items():
        model = Transformer(replace(each, per_position=False), 8, n_heads=2, read=read)
        model.load_state_dict(everywhere.state_dict())
        assert torch.allclose(model(x), expected, atol=1e-5)


def test_causal_with_padding_on_the_left_gives_numbers():
    spec = Spec(n_classes=7, seq_len=6, d_vocab=7, pad=0, per_position=True)
    model = CausalTransformer(spec, 8, n_heads=2)
    logits = model(torch.tensor([[0, 0, 3, 4]]))
    logits.sum().backward()
    assert logits.isfinite().all()
    assert all(p.grad.isfinite().all() for p in model.parameters())


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Transformer(SPEC, 10, n_heads=4), "n_heads=4 must divide d_model=10"),
        (lambda: Transformer(SPEC, 0), "d_model must be .* at least 1, got 0"),
        (lambda: Transformer(SPEC, 8, read="last"), "no read 'last'"),
        (lambda: Transformer(SPEC, n_layers=0), "n_layers must be .* got 0"),
        (lambda: Transformer(SPEC, 6, n_heads=2, positions="rotary"), "d_head, got 3"),
        (lambda: Transformer(SPEC, positions="rotory"), "nearest: rotary"),
        (
            lambda: Transformer(SPEC, 8)(torch.zeros(1, 7, 4)),
            "7 positions, Learned 6; .* n_ctx=7",
        ),
        (lambda: Transformer(SPEC, 8)(torch.zeros(1, 0, 4)), "seq of at least 1"),
        (lambda: Transformer(SPEC, 8)(torch.zeros(1, 6, 5)), "d_input=4"),
        (
            lambda: Transformer(TOKENS, 8)(torch.tensor([[1, 7]])),
            "token id .* 0 to 6, got 7",
        ),
        (lambda: Transformer(TOKENS, 8)(torch.tensor([[-1, 2]])), "token id .* got -1"),
        (lambda: Transformer(TOKENS, 8)(torch.zeros(1, 6)), "whole numbers"),
        (
            lambda: Transformer(TOKENS, 8)(torch.tensor([[1, 2], [0, 0]])),
            "row 1 is all padding",
        ),
        (
            lambda: models.build("logistic_regression", SPEC)(torch.zeros(1, 5, 4)),
            "seq_len=6",
        ),
        (
            lambda: patterns(models.build("max_pooling", SPEC), torch.zeros(1, 6, 4)),
            "no self",
        ),
        (lambda: Spec(2, 3, d_vocab=4, pad=4), "pad must be .* from 0 to 3, got 4"),
    ],
)
def test_bad_input_is_refused_in_one_line(call, message):
    with pytest.raises(ValueError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", [NoResidual, NoNorm, NoMlp, NormAfter])
def test_ablated_blocks_by_hand(kind):
    block, x = kind(8, 2, 16), torch.randn(3, 5, 8)
    ask, think, one, two = block.attention, block.mlp, block.norm_1, block.norm_2
    after_attention = x + ask(x)
    wanted = {
        NoResidual: think(two(ask(one(x)))),
        NoNorm: after_attention + think(after_attention),
        NoMlp: x + ask(one(x)),
        NormAfter: two(one(after_attention) + think(one(after_attention))),
    }
    assert torch.allclose(block(x), wanted[kind], atol=1e-6)


@pytest.mark.parametrize(
    "kind",
    [NoResidualTransformer, NoNormTransformer, NoMlpTransformer, NormAfterTransformer],
)
def test_an_ablated_transformer_is_made_of_ablated_blocks(kind):
    model = kind(SPEC, 8, n_heads=2)
    assert kind.__name__ == f"{kind.block.__name__}Transformer"
    assert all(type(block) is kind.block is not Block for block in model.blocks)
    x = torch.randn(3, 6, 4)
    whole = Transformer(SPEC, 8, n_heads=2)
    whole.load_state_dict(model.state_dict(), strict=False)
    assert not torch.allclose(model(x), whole(x), atol=1e-3)
