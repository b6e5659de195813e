"""What is raised in one room has words in the others, which may not know it."""

import re
from pathlib import Path

from alerts.vocabulary import ALARMS, BECAUSE, KINDS, WHEN
from geofence.rules.model import When
from ingest.fix import Alarm
from streams.signal import Evidence, SignalKind

PAGE = Path(__file__).parent.parent / "console" / "web" / "src" / "vocabulary.ts"


def test_every_kind_of_signal_evidence_alarm_and_rule_has_words() -> None:
    assert {str(kind) for kind in SignalKind} <= KINDS.keys()
    assert {str(kind.name).lower() for kind in Evidence} <= BECAUSE.keys()
    assert {str(alarm.name).lower() for alarm in Alarm} <= ALARMS.keys()
    assert {str(when) for when in When} <= WHEN.keys()


def test_the_page_calls_things_as_the_server_does() -> None:
    found = dict.fromkeys(("zh", "en"), "")
    for language, text in re.findall(
        r"const (zh|en)Vocabulary = \{(.*?)^\};", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE
    ):
        found[language] = text
    for language, text in found.items():
        for names in (KINDS, BECAUSE, ALARMS):
            for key, name in names.items():
                assert f'    {key}: "{name.of(language)}",' in text
