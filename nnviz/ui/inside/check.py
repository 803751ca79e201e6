"""The gradient check of a run, and what mistakes do to it and to training."""

from math import isqrt
from typing import Any

import streamlit as st

from nnviz.figures.proofs import courses_figure, steps_figure
from nnviz.gradcheck import FLOAT32_STEP, GOOD
from nnviz.mistakes import MISTAKES, Mistake
from nnviz.runs import wire
from nnviz.runs.client import Requests
from nnviz.runs.errors import RunError
from nnviz.settings import RunConfig
from nnviz.ui import session

_RIGHT = "nothing: the right code"
_SCOPES = ("everything", "one layer", "one weight")


@st.fragment
def show(client: Requests, run: str, config: RunConfig) -> None:
    """Show the check of a run's gradient with its controls."""
    st.markdown("## The gradient check")
    st.markdown(
        "Backpropagation has to give what moving a parameter a little up and a little down gives: "
        "(L(w + h) - L(w - h)) / 2h. In float64 a right gradient agrees to about nine digits; a "
        "mistake shows in the first two. Break it and see where the check goes red, and how well "
        "the broken network trains all the same."
    )
    choice, scope = st.columns(2, vertical_alignment="bottom")
    broken = choice.selectbox(
        "Break it", [None, *MISTAKES],
        format_func=lambda id: MISTAKES[id].label if id else _RIGHT, key="break it",
    )
    mistake = MISTAKES.get(broken)
    with scope:
        scope = st.segmented_control("Check", _SCOPES, default=_SCOPES[0], required=True)
    arguments = _place(config, scope)
    try:
        told, _ = _finished(client, run, "check_gradient", mistake=broken, **arguments)
        _show_verdict(told, mistake)
        if mistake is not None:
            _show_code(mistake, told["complaint"])
            _show_training(client, run, config, mistake)
        _show_steps(client, run, told["step"])
    except RunError as error:
        st.error(str(error), icon=":material/error:")


def _place(config: RunConfig, scope: str) -> dict[str, Any]:
    """Draw the fields of where to check; return the arguments of the question."""
    if scope == _SCOPES[0]:
        return {}
    sizes = config.layer_sizes
    fields = st.columns(3)
    number = fields[0].selectbox("Layer", range(1, len(sizes)))
    if scope == _SCOPES[1]:
        return {"layer": number - 1}
    ends = []
    for field, name, count in (
        (fields[1], "From", sizes[number - 1]), (fields[2], "To unit", sizes[number])
    ):
        ends.append(field.number_input(
            f"{name} (0 to {count - 1})", 0, count - 1, _middle(count) if name == "From" else 0,
            key=f"{name} {number} {count}",
        ))
    return {"layer": number - 1, "weight": ends}


def _middle(count: int) -> int:
    """Return the middle of a square image of so many pixels: at its edges often nothing is seen."""
    side = isqrt(count)
    return (side // 2) * side + side // 2 if side * side == count > 4 else 0


def _finished(client: Requests, run: str, question: str, **arguments: Any) -> tuple[dict, dict]:
    """Ask until the answer is there, with its progress if that takes long."""
    bar = None
    answer = client.ask(
        "question", run=run, question=question, arguments={**arguments, "begin": True}
    )
    while isinstance(answer, dict):
        bar = bar or st.progress(0.0, "Working it out")
        bar.progress(min(1.0, answer["progress"]), "Working it out")
        answer = client.ask("question", run=run, question=question, arguments=arguments)
    if bar:
        bar.empty()
    return wire.unpack(answer)


def _show_verdict(told: dict[str, Any], mistake: Mistake | None) -> None:
    parts = told["parts"]
    wrong = [part for part in parts if not part["is_good"]]
    largest = max((part["error"] or 0.0 for part in parts), default=0.0)
    if not told["is_measurable"]:
        st.warning(
            "The check can say nothing here: training has gone so far off that the loss no longer "
            "follows when a parameter moves a little. Numbers overflow, or an output has become 0, "
            "whose logarithm is cut off. Go back to a sound step in the lab.",
            icon=":material/warning:",
        )
    elif wrong:
        where = ", ".join(f"the {part['kind']} of layer {part['layer'] + 1}" for part in wrong)
        right = len(parts) - len(wrong)
        rest = f" The other {right} of {len(parts)} parts agree." if right else ""
        st.error(f"Wrong: {where}.{rest}", icon=":material/error:")
    else:
        st.success(
            f"Backpropagation and finite differences agree: largest relative error {largest:.1e}; "
            f"below {GOOD:.0e} is good.", icon=":material/check:",
        )
    if len(parts) == 1 and _is_idle(parts[0]):
        st.info(
            "Both are 0: for these samples this weight has no part in the loss, because its input "
            "or its unit is 0. A mistake would not show; choose another weight."
        )
    if mistake is not None and told["is_silent"] and mistake.silent:
        st.info(f"On this network the check cannot see it. {mistake.silent}")
    st.markdown("\n".join([
        "| | checked | relative error, float64 | relative error, float32 | furthest off: "
        "backpropagation | finite difference |",
        "|---|---|---|---|---|---|", *(_row(part, told["is_measurable"]) for part in parts),
    ]))
    kinks = sum(part["kinks"] for part in parts)
    st.caption(
        f"On {told['samples']} samples of the mini-batch of step {told['step']}; "
        + ("of large layers a sample of the parameters. " if any(
            part["checked"] < part["total"] for part in parts) else "")
        + f"h is 1e-05 in float64 and {FLOAT32_STEP:g} in float32, which has too few digits for "
        "less: there an error of a few percent can be rounding alone."
        + (f" Left out: {kinks} whose step crosses a ReLU's kink." if kinks else "")
    )


def _is_idle(part: dict[str, Any]) -> bool:
    worst = part.get("worst")
    return part["checked"] == 1 and worst is not None and worst["backward"] == worst["numeric"] == 0


def _row(part: dict[str, Any], is_measurable: bool) -> str:
    mark = "✓" if part["is_good"] else "✗ wrong:" if is_measurable else "?"
    name = f"{mark} {part['kind']} of layer {part['layer'] + 1}"
    worst = part.get("worst")
    if worst is None:
        return f"| {name} | 0 of {part['total']:,} | | | | |"
    exact, rounded = _text(part["error"], ".2g"), _text(part["error32"], ".2g")
    if is_measurable and not part["is_good"]:
        name, exact = f":red[{name}]", f":red[**{exact}**]"
    place = f"w[{worst['source']} → {worst['unit']}]" if worst["source"] is not None \
        else f"b[{worst['unit']}]"
    return (
        f"| {name} | {part['checked']:,} of {part['total']:,} | {exact} | {rounded} | "
        f"{place}: {_text(worst['backward'])} | {_text(worst['numeric'])} |"
    )


def _text(number: float | None, form: str = ".8g") -> str:
    return "not finite" if number is None else format(number, form)


def _show_code(mistake: Mistake, complaint: str | None) -> None:
    right, wrong = st.columns(2)
    right.markdown("As it should be")
    right.code(mistake.right, language="python", wrap_lines=True)
    wrong.markdown("As it is")
    wrong.code(mistake.wrong, language="python", wrap_lines=True)
    st.markdown(mistake.what)
    if complaint:
        st.markdown("NumPy's answer to it on this network, before anything is reshaped:")
        st.code(f"ValueError: {complaint}", language=None, wrap_lines=True)


def _show_training(client: Requests, run: str, config: RunConfig, mistake: Mistake) -> None:
    st.markdown("### How well it trains all the same")
    about, curves = session.remember(
        "training with a mistake", (run, config, mistake.id),
        lambda: _finished(client, run, "compare_training", mistake=mistake.id),
    )
    ends = {name: curves[f"{name} accuracy"][-1] for name in ("right", "wrong")}
    after = f"After {about['steps']:,} steps ({about['epochs']:.3g} epochs) from the run's first " \
        "weights"
    if about["blew_up"][1] is not None:
        words = f"it blew up at step {about['blew_up'][1]:,}; with the right code " \
            f"{ends['right']:.1%} of the test samples are right"
    else:
        words = f"{ends['wrong']:.1%} of {about['samples']:,} test samples right, against " \
            f"{ends['right']:.1%} with the right code"
    st.markdown(f"{after}: {words}.")
    if about["left_out"]:
        copies = "" if about["training"] == config.training_samples else ", warped copies included,"
        st.markdown(
            f"{about['left_out']:,} of {about['training']:,} samples{copies} are left out in every "
            "epoch, others each time."
        )
    for column, name in zip(st.columns(2), ("accuracy", "loss"), strict=True):
        figure = courses_figure(
            curves["steps"], curves[f"right {name}"], curves[f"wrong {name}"], name
        )
        column.plotly_chart(figure, key=f"mistake {name}", config={"displayModeBar": False})


def _show_steps(client: Requests, run: str, step: int) -> None:
    st.markdown("### How far to move a parameter")
    about, curves = session.remember(
        "step sizes", (run, step), lambda: _finished(client, run, "compare_steps")
    )
    st.markdown(
        "Too far, and the difference is not the slope: the error grows with h squared "
        "(truncation). Too little, and the two losses differ in their last digits only: the error "
        "grows with 1/h (round-off). Where the lines turn lies the best step. A step that takes a "
        "ReLU across its kink is wrong by far more."
    )
    figure = steps_figure(
        curves["steps"], {"float64": curves["float64"], "float32": curves["float32"]}
    )
    st.plotly_chart(figure, key="step sizes", config={"displayModeBar": False})
    st.caption(f"{about['parameters']} parameters together, right code, step {about['step']}.")
    # The run may have gone on since: pressing runs this part of the page again.
    st.button("Check the present step")
