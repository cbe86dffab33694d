"""The table of a measurement of billing, and which targets were reached."""

NAMES = {'ours': 'ours', 'core': 'core', 'peer': 'OCA contract'}
HEAD = (
    f'{"contracts":20} {"way":13} {"ms/invoice":>10} {"Python":>8} {"Postgres":>8} {"queries":>8} '
    f'{"wall s":>7} {"memory MB":>10} {"ours faster":>11}'
)
SAME_TIME = 1.15
SAME_MEMORY = 16
"""Megabytes of growth that the largest number of contracts may need beyond the smallest."""


def line(result: dict) -> str:
    """Return one measurement in one line."""
    what = f"{result['contracts']} {result['shape']}"
    if result['way'] == 'workers':
        return f"{what}, two workers: {', '.join(f'{ratio:.2f}' for ratio in result['ratios'])} times as fast as one"
    if result['way'] == 'resume':
        return f"{what}, killed after {result['killed_after']} and resumed"
    return (
        f"{what:20} {NAMES[result['way']]:13} {result['milliseconds']:10.2f} {result['python']:8.2f} "
        f"{result['postgres']:8.2f} {result['queries']:8.2f} {result['wall']:7.1f} "
        f"{result['memory_before']:4.0f} +{result['memory_growth']:4.0f}"
    )


def text(results: list[dict], targets: list[dict]) -> str:
    """Return the whole report."""
    rows = [_row(result, results) for result in results if result['way'] in NAMES]
    verdicts = [
        f"{'reached' if target['reached'] else 'NOT REACHED':12} {target['title']}: {target['figure']}"
        for target in targets
    ]
    return '\n'.join(['', HEAD, *rows, '', 'processor time; Python and Postgres are its parts', '', *verdicts])


def _row(result: dict, results: list[dict]) -> str:
    ratio = _ratio(results, result['shape'], result['contracts'], result['way'])
    return line(result) + (f'{ratio:11.1f}x' if ratio and result['way'] != 'ours' else '')


def is_right(results: list[dict]) -> bool:
    """Tell whether everything measured was also correct."""
    return all(
        not result.get('differences') and result.get('without_gaps', True) and result.get('billed_once', True)
        for result in results
    )


def targets(results: list[dict]) -> list[dict]:
    """Return what was wanted, the figure reached and whether it is enough."""
    return [
        *_speed(results, 'core', 'shared', 10), *_speed(results, 'peer', 'shared', 10),
        *_speed(results, 'core', 'differing', 3), *_queries(results), *_scaling(results), *_workers(results),
        *_endurance(results), *_correctness(results),
    ]


def _speed(results: list[dict], way: str, shape: str, wanted: float):
    for result in _of(results, way):
        if result['shape'] == shape:
            ratio = _ratio(results, shape, result['contracts'], way)
            title = f"{wanted} times as fast as {NAMES[way]}, {result['contracts']} {shape}"
            yield _target(title, f'{ratio:.1f}', ratio >= wanted)


def _queries(results: list[dict]):
    most = max(result['queries'] for result in _of(results, 'ours'))
    yield _target('at most one query per invoice', f'{most:.2f}', most <= 1)


def _scaling(results: list[dict]):
    """Compare the largest number of contracts with the smallest."""
    for shape in dict.fromkeys(result['shape'] for result in results):
        few, *_between, many = [result for result in _of(results, 'ours') if result['shape'] == shape] * 2
        if few['contracts'] == many['contracts']:
            continue
        sizes = f"{shape}, {few['contracts']} and {many['contracts']}"
        times = few['milliseconds'], many['milliseconds']
        yield _target(
            f'same time per invoice, {sizes}', '{:.2f} and {:.2f} ms'.format(*times), times[1] <= times[0] * SAME_TIME,
        )
        growth = few['memory_growth'], many['memory_growth']
        yield _target(
            f'memory does not grow with contracts, {sizes}', '+{:.0f} and +{:.0f} MB'.format(*growth),
            growth[1] - growth[0] <= SAME_MEMORY,
        )


def _workers(results: list[dict]):
    for result in _of(results, 'workers'):
        yield _target('1.7 times the throughput with two workers', f"{result['ratio']:.2f}", result['ratio'] >= 1.7)


def _endurance(results: list[dict]):
    """H1, judged at whatever number of contracts was measured."""
    largest = max(_of(results, 'ours'), key=lambda result: result['contracts'])
    of = f"at {largest['contracts']}"
    peak = largest['memory_before'] + largest['memory_growth']
    hours = largest['wall'] / largest['contracts'] * 100_000 / 3600
    yield _target(f'100,000 contracts in under 3 hours, {of}', f'{hours * 60:.0f} minutes', hours < 3)
    yield _target(
        f'memory under 1.5 GB and flat, {of}', f"{largest['memory_by_quarter']} MB by quarter of the time", peak < 1500,
    )
    longest = largest['longest_transaction']
    yield _target(f'no transaction over 30 s, {of}', f'{longest:.1f} s', longest < 30)
    yield _target(f'no query over 1 s, {of}', f"{largest['longest_query']:.2f} s", largest['longest_query'] < 1)


def _correctness(results: list[dict]):
    for result in results:
        what = f"{result['way']}, {result['contracts']} {result['shape']}"
        if 'differences' in result:
            kind = 'equal sums on every account' if result['way'] == 'peer' else 'equal journal items in all columns'
            yield _target(f'{kind}: {what}', ', '.join(result['differences']) or 'equal', not result['differences'])
        if 'billed_once' in result:
            yield _target(f'each service billed once: {what}', _yes(result['billed_once']), result['billed_once'])
            yield _target(f'numbers without gaps: {what}', _yes(result['without_gaps']), result['without_gaps'])


def _target(title: str, figure: str, reached: bool) -> dict:
    return {'title': title, 'figure': figure, 'reached': bool(reached)}


def _yes(is_so: bool) -> str:
    return 'yes' if is_so else 'no'


def _of(results: list[dict], way: str) -> list[dict]:
    return [result for result in results if result['way'] == way]


def _ratio(results: list[dict], shape: str, count: int, way: str) -> float | None:
    """How many times the processor time of ours the other way takes."""
    found = {
        result['way']: result['milliseconds'] for result in results
        if result['shape'] == shape and result['contracts'] == count and 'milliseconds' in result
    }
    return found[way] / found['ours'] if way in found else None
