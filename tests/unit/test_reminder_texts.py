"""The size of text messages: published tables, and laws that hold for every text."""

import json
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from odoo.addons.dunning_sms.rules.phone import sms_number
from odoo.addons.dunning_sms.rules.sms_text import BASIC, EXTENSION, LIMITS, clean, measure, without_accents
from odoo.addons.dunning_sms.rules.stop_words import asks_to_stop
from odoo.addons.dunning_sms.rules.wording import KNOWN, LONGEST, filled, longest, unknown_placeholders

EXAMPLES = json.loads((Path(__file__).parents[1] / 'golden' / 'sms.json').read_text())
SPECIAL = "152 x 'a' + '€' + 152 x 'b'"


def text_of(example):
    given = example['input']
    if 'units' in given:
        return ('a' if given['encoding'] == 'gsm7' else 'í') * given['units']
    return 'a' * 152 + '€' + 'b' * 152 if given['text'].startswith(SPECIAL) else given['text']


@pytest.mark.parametrize('example', EXAMPLES, ids=lambda example: example['id'])
def test_published_sizes(example):
    expected = example['expected']
    parts = expected['segments'] if isinstance(expected, dict) else expected
    assert measure(text_of(example)).parts == parts


@pytest.mark.parametrize('encoding, limits', [('gsm7', (160, 306, 459, 612)), ('ucs2', (70, 134, 201, 268))])
def test_the_limits_of_the_first_four_parts(encoding, limits):
    char = 'a' if encoding == 'gsm7' else 'í'
    for parts, limit in enumerate(limits, 1):
        assert (measure(char * limit).parts, measure(char * (limit + 1)).parts) == (parts, parts + 1)


def test_one_accent_turns_one_part_into_three():
    plain = 'a' * 137
    assert (measure(plain).parts, measure(plain[:-1] + 'í').parts) == (1, 3)
    assert measure(without_accents(plain[:-1] + 'í')).parts == 1


def test_emoji_count_twice_and_are_not_cut():
    assert measure('😀').units == 2
    assert measure('a' * 66 + '😀' + 'b' * 66).parts == 3


def test_what_is_inside_the_alphabet_stays():
    inside = 'éèùìòàñüöäßÇ¿¡'
    assert without_accents(inside) == inside
    assert without_accents('áíóúÁÍÓÚçãõâêô') == 'aiouAIOUcaoaeo'


@given(st.text(max_size=700))
def test_parts_hold_the_whole_text(text):
    size = measure(text)
    single, part = LIMITS[size.encoding]
    if size.units <= single:
        assert size.parts == bool(text)
    else:
        assert size.parts >= -(-size.units // part)
        assert size.parts * part >= size.units


@given(st.text(max_size=300))
def test_without_accents_never_costs_more(text):
    assert measure(without_accents(text)).parts <= max(measure(text).parts, -(-len(without_accents(text)) // 67))
    assert without_accents(without_accents(text)) == without_accents(text)


@given(st.text(max_size=100))
def test_a_clean_text_has_no_controls(text):
    assert not set(clean(text)) & {chr(code) for code in [*range(10), *range(11, 32), 0x202E]}
    assert clean(clean(text)) == clean(text)


def test_cost_grows_with_parts():
    assert measure('a' * 460).cost(Decimal('0.03')) == Decimal('0.12')


def test_the_alphabet_is_complete():
    assert len(BASIC) == 127
    assert len(EXTENSION) == 10


@given(st.dictionaries(st.sampled_from(KNOWN), st.text(max_size=40)), st.text(max_size=80))
def test_values_are_never_read_for_placeholders(values, text):
    for name, value in values.items():
        assert filled(f'<{{{name}}}>', values) == f'<{value}>'
    assert unknown_placeholders(longest(text)) == unknown_placeholders(text)


def test_every_placeholder_has_a_longest_value():
    assert set(LONGEST) == set(KNOWN)


@pytest.mark.parametrize('text, country, expected', [
    ('', 'CO', ('', 'missing')), (None, 'CO', ('', 'missing')), ('abc', 'CO', ('', 'invalid')),
    ('+57', 'CO', ('', 'invalid')), ('300', 'CO', ('', 'invalid')),
    ('+57 300 111 22 33', 'CO', ('+573001112233', '')), ('00573001112233', 'CO', ('+573001112233', '')),
    ('573001112233', 'CO', ('+573001112233', '')), ('٣٠٠١١١٢٢٣٣', 'CO', ('+573001112233', '')),
    ('+57 300 1112233 ext. 12', 'CO', ('+573001112233', '')), ('+49 900 1234567', 'DE', ('', 'fixed')),
    ('110', 'DE', ('', 'invalid')), ('+57 300 1112233 / +57 301 4445566', 'CO', ('', 'several')),
    ('0151 23456789', 'DE', ('+4915123456789', '')), ('+49 30 123456', 'DE', ('', 'fixed')),
    ('6591234567', 'CO', ('', 'invalid')), ('4915123456789', 'CO', ('+4915123456789', '')),
    ('3' * 200, 'CO', ('', 'invalid')), ('\x00+573001112233', 'CO', ('+573001112233', '')),
])
def test_numbers_are_normalised_or_left_out_with_a_reason(text, country, expected):
    """F7."""
    assert sms_number(text, country) == expected


@given(st.text(max_size=40), st.sampled_from(['CO', 'DE', 'US', '', None]))
def test_no_phone_field_breaks_anything(text, country):
    """F7: a number in E.164 or a reason, never both."""
    number, reason = sms_number(text, country)
    assert bool(number) != bool(reason)
    assert not number or (number[0] == '+' and number[1:].isdigit() and sms_number(number, None)[0] == number)


@pytest.mark.parametrize('text', [
    'STOP', 'stop!', 'Stop all', 'UNSUBSCRIBE', 'Baja', 'ALTO', 'Please remove me from this list', 'quit',
    'No quiero más mensajes', 'Bitte abmelden', 'stop sending me these', "Don't text me", 'CANCELAR por favor',
    'parar', 'opt-out', 'Opt out please',
])
def test_any_reasonable_wording_stops(text):
    assert asks_to_stop(text)


@pytest.mark.parametrize('text', [
    'please stop', 'Por favor pare', 'bitte stopp', 'S T O P', 'ＳＴＯＰ', 'STOP!!!', 'Opt-out', 'CANCEL please',
    'cancelar',
    'Stop, I will pay on Friday', 'Bitte keine weiteren SMS', 'Ya no me escriban más', 'Désabonner', 'END',
])
def test_polite_and_strange_spellings_stop_as_well(text):
    """N16: any reasonable wording (FCC)."""
    assert asks_to_stop(text)


@pytest.mark.parametrize('text', [
    'End of the month', 'Voy a cancelar el viernes', 'Cancelar el viernes', "don't stop the service", 'Para el lunes',
    'please', 'When does it end', 'Remove the fee',
])
def test_words_that_mean_something_else_in_a_sentence_do_not(text):
    """“Cancelar” is to pay in Latin America: who says so keeps the messages."""
    assert not asks_to_stop(text)


@pytest.mark.parametrize('text', ['', '👍', 'I will pay at the end of the week', 'Thanks', 'Ya pagué', 'Wann?'])
def test_other_answers_do_not(text):
    assert not asks_to_stop(text)
