"""What people write into subjects, notes and reasons: several languages, and the texts that break readers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from random import Random

TEXTS: Final = 400
"""How many subjects, and how many notes, are made up for an account."""

ACTION_PHRASES: Final = (
    "Call", "Follow-up call with", "Send offer to", "Demo for", "Kick-off with", "Angebot nachfassen:",
    "Telefonat mit", "Termin vereinbaren mit", "Relancer", "Appel avec", "Réunion avec", "Llamar a",
    "Enviar propuesta a", "Reunión con", "Helista:", "Kohtumine:", "Zavolat", "Schůzka s", "Zadzwonić do",
    "Ring upp", "Lunch with", "Contract review with", "Renewal talk with", "Onboarding:", "Check invoice for",
    "Discovery call:", "Présentation produit pour", "Visita a", "Rückruf", "Intro to",
    "Price negotiation with", "Quarterly review with", "Nachfassen bei", "Site visit at",
    "Technical questions from",
)  # fmt: skip

TAILS: Final = (
    "", "", "", "", "", " (2nd attempt)", " – urgent", " re: pricing", " / Q4", " after the fair",
    " [no answer]", " – Vertrag", " pour le devis", " antes del viernes", " – enne puhkust", " & team",
)  # fmt: skip

STRANGE_SUBJECTS: Final = (
    "🎉 Signed! Party with the team 🥳",
    "متابعة العرض مع العميل",
    "שיחת מעקב עם הלקוח – דחוף",
    'Ask about the "extended" warranty, \'as agreed\'',
    "Two things:\n1. price\n2. delivery",
    "<script>alert(1)</script>",
    "Tab\tseparated; semi, comma, \\backslash\\ and 100 % & more",
    "日本語の打ち合わせ（資料送付）",
    '=HYPERLINK("http://example.com","click")',
    "'; DROP TABLE activities; --",
    "  leading and trailing spaces  ",
    "👩‍👩‍👧 Zoom mit Familie Groß 🇩🇪",
    "NULL",
    "Очень длинная тема " + "и ещё раз " * 20 + "конец",
)  # fmt: skip

NOTE_SENTENCES: Final = (
    "Spoke to the assistant, the decision will fall after the board meeting.",
    "Budget is there, but only from next quarter on.",
    "Wants a discount of 10&nbsp;% for a two-year term.",
    "Kunde ist zufrieden, möchte aber ein zweites Angebot sehen.",
    "Bitte Unterlagen bis Freitag schicken.",
    "Le client attend la validation de sa direction.",
    "Prévoir une démonstration avec l'équipe technique.",
    "El cliente pidió una propuesta nueva con menos licencias.",
    "Klient soovib pakkumist eesti keeles.",
    "Není na příjmu, zkusit znovu příští týden.",
    "Competitor is already installed in two of the five sites.",
    "Send the security questionnaire &amp; the data processing agreement.",
    "Prefers e-mail over phone; never call before 10.",
    "Asked for references in the same industry.",
    "Next step: workshop on site, three people from their side.",
    "Decision maker changed, see the organization's contacts.",
)

NOTE_FRAMES: Final = (
    "<p>{}</p>",
    "<div>{}<br></div>",
    "{}",
    "<ul><li>{}</li></ul>",
    "<p><b>Summary:</b> {}</p>",
    "<blockquote>{}</blockquote>",
    '<p style="color: rgb(38, 41, 44);">{}</p>',
)

STRANGE_NOTES: Final = (
    '<p>See <a href="https://example.com/?a=1&amp;b=2">the offer</a> <img src=x onerror=alert(1)></p>',
    "<script>alert(1)</script><p>pasted from a web page</p>",
    "<table><tr><td>Qty</td><td>Price</td></tr><tr><td>5</td><td>1 200,50 €</td></tr></table>",
    "<p>سيتم الرد خلال أسبوع</p>",
    "plain text\nwith line\r\nbreaks and a \u2028 separator",
    "<p>" + "A very long note. " * 120 + "</p>",
)

LOST_REASONS: Final = (
    "Price too high", "Lost to competitor", "No budget", "Kein Bedarf", "Pas de réponse", "Timing",
    "price too high", "Went silent 😶", "Sin presupuesto", "Duplicate",
)  # fmt: skip

DEAL_TAILS: Final = (
    "deal",
    "– renewal",
    "– pilot",
    "expansion",
    "Rahmenvertrag",
    "– 2 sites",
    "(tender)",
    "contrat annuel",
)

PUBLIC_DESCRIPTIONS: Final = (
    "Agenda: 1) status 2) open points 3) next steps",
    "We will show the new release and answer questions.",
    "Bitte Teilnehmerliste bestätigen.",
    "Ordre du jour à suivre.",
)

CONFERENCES: Final = (
    ("google_meet", "https://meet.google.com/{}"),
    ("zoom", "https://zoom.us/j/{}"),
    ("ms_teams", "https://teams.microsoft.com/l/meetup-join/{}"),
)


def subjects(rng: Random) -> tuple[str, ...]:
    """Make up subjects that want a name."""
    return tuple(f"{rng.choice(ACTION_PHRASES)} {{}}{rng.choice(TAILS)}" for _ in range(TEXTS))


def notes(rng: Random) -> tuple[str | None, ...]:
    """Make up HTML notes of one to seven sentences; a third of the pool is none or empty."""
    full = [_note(rng) for _ in range(TEXTS)]
    return (None, "", *full, *STRANGE_NOTES, *(None,) * (TEXTS // 3), *("",) * (TEXTS // 8))


def _note(rng: Random) -> str:
    sentences = rng.choices(NOTE_SENTENCES, k=rng.randint(1, 7))
    return rng.choice(NOTE_FRAMES).format("<br>".join(sentences))
