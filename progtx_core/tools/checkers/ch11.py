"""Checkers of chapter 11, counting past the training length."""

import numpy as np

from progtx_core.tools.checkers.judge import array, exercise, near, require


@exercise("11.1", "a function of (a, b)")
def n_tokens(answer):
    for a, b in ((5, 16), (15, 15), (0, 144), (24, 18), (199, 55)):
        apart = abs(b - a)
        traps = {
            "these are the numbers alone: the marks SoS, >, EoS, and the prompt's a and b, "
            "are tokens, too": apart + 1,
            "that is how far a and b are apart": apart,
            "the first number is one of the answer, too": apart + 5,
            "the prompt is missing, SoS a b >": apart + 2,
            "one mark too many": apart + 7,
            "b may lie below a": b - a + 6,
        }
        near(f"the tokens of SoS {a} {b} >", answer(a, b), apart + 6, traps, atol=0.1)


KINDS = ("right", "wrong first token", "wrong successor", "early EoS", "missing EoS")


@exercise("11.2", "a function of (written, wanted), two lists of words")
def kind(answer):
    cases = (
        ("5 6 7 EoS", "right", ""),
        ("5 6 EoS", "early EoS", "an EoS where a number should stand"),
        ("5 6 7 8", "missing EoS", "a number where EoS should stand"),
        ("5 7 8 EoS", "wrong successor", "the first word that differs counts: 7, not 6"),
        ("6 7 EoS", "wrong first token", "the very first number is wrong"),
        ("EoS", "early EoS", "an EoS is early at any position, the first one too"),
        ("5 6 6 7", "wrong successor", "6 follows on 6; its EoS is not what fails first"),
        ("5 8 EoS", "wrong successor", "what fails first is the 8, not the EoS after it"),
        ("5 6", "wrong successor", "a word that is missing is a wrong one"),
        ("5 6 7", "missing EoS", "the answer ends before its EoS"),
        ("", "wrong first token", "a first number that is missing is a wrong one"),
    )
    for text, right, why in cases:
        said = answer(text.split(), ["5", "6", "7", "EoS"])
        require(said is not None, f"for '{text}' it returns None: is a `return` missing?")
        known = isinstance(said, str) and said in KINDS
        require(known, f"{str(said)[:40]!r} is none of the five kinds: {', '.join(KINDS)}")
        because = f" ({why})" if why else ""
        require(
            said == right,
            f"'{text}' for '5 6 7 EoS' is {right!r}{because}, not {said!r}",
        )


@exercise("11.3", "a function of (share, n)")
def score(answer):
    for share, n in ((0.5, 2), (0.9, 60), (0.9, 150), (0.1, 7)):
        made = float(array(f"the score for {share} of {n} keys", answer(share, n), ()))
        odds = share / (1 - share)
        mistakes = {
            "the other keys are n - 1, not n": np.log(odds * n),
            "that is the score for a share of one half": np.log(n - 1),
            "the logarithm is missing": odds * (n - 1),
            "the sign is wrong": -np.log(odds * (n - 1)),
            "the share has to be held against the rest: share / (1 - share)": np.log(
                share * n
            ),
            "so many times the others' weight together is the share's odds, "
            "share / (1 - share)": np.log(share * (n - 1)),
            "the others are many: their weights add up to n - 1": np.log(odds),
        }
        right = np.log(odds * (n - 1))
        if abs(made - right) < 1e-6:
            continue
        for hint, mistake in mistakes.items():
            far = abs(mistake - right) > 1e-6  # for two keys some mistakes are right
            require(not (far and abs(made - mistake) < 1e-6), hint)
        got = 1 / (1 + (n - 1) * np.exp(np.clip(-made, -700, 700)))
        require(False, f"for {share} of {n} keys its share is {got:.3f}")
