#!/usr/bin/env python3
"""compare.py IDENTICAL.json SLOWED.json FACTOR - what `assay compare` said of two machines that are one, and of one with FACTOR of the
disk's rate: its sentences; the rates that the disk limits, each with the factor within its interval or not; then all else."""
import json
import sys

# The steps that go around the guest's page cache (compare.sh); of their metrics the rates follow the throttle.
ON_THE_DISK = ('disk.latency', 'file.iozone')
RATES = ('MB/s', '/s', 'KiB/s')


def is_rate_of_disk(metric):
    return metric['bench'] in ON_THE_DISK and metric['unit'] in RATES


def name_of(metric):
    place = ' x '.join('%g %s' % (axis['value'], axis['unit']) for axis in metric['at'])
    step = ' '.join(word for word in (metric['bench'], metric['label']) if word)
    return '%s %s%s' % (step, metric['metric'], ', ' + place if place else '')


def number(value, form):
    return '-' if value is None else form % value


def is_within(metric, factor):
    found = metric['against'][1]
    return found['low'] is not None and found['low'] <= factor <= found['high']


def print_row(metric, factor):
    found = metric['against'][1]
    medians = [number(subject and subject['median'], '%.5g') for subject in metric['subjects']]
    within = ''
    if factor is not None and found['effect'] == 'ratio' and found['low'] is not None:
        within = '; %g is %s, the ratio is %+.1f %% off' % (
            factor, 'within' if is_within(metric, factor) else 'not within', 100 * (found['value'] / factor - 1))
    print('  %-66s %9s %9s %-6s %6s (%s to %s)  p %s, %s%s' % (
        name_of(metric), medians[0], medians[1], metric['unit'], number(found['value'], '%.3f'), number(found['low'], '%.3f'),
        number(found['high'], '%.3f'), number(found['p'], '%.3f'), found['verdict'], within))


def tally(metrics):
    counts = {}
    for metric in metrics:
        verdict = metric['against'][1]['verdict']
        counts[verdict] = counts.get(verdict, 0) + 1
    return ', '.join('%d %s' % (count, verdict) for verdict, count in sorted(counts.items(), key=lambda pair: -pair[1])) or 'none'


def show(title, study, factor):
    judged = [metric for metric in study['metrics'] if metric['against'][1]]
    disk = [metric for metric in judged if is_rate_of_disk(metric)]
    others = [metric for metric in judged if not is_rate_of_disk(metric)]
    print('\n%s' % title)
    for subject in study['subjects']:
        print('  %s: %d boots%s' % (subject['name'], len(subject['boots']), ''.join('; left out: ' + text for text in subject['leftOut'])))
    for sentence in study['sentences']:
        if sentence['question'] == 'overall':
            print('  ' + sentence['text'])
    print('rates that the disk limits: %s; %g is within %d of %d intervals' % (
        tally(disk), factor, sum(is_within(metric, factor) for metric in disk), len(disk)))
    for metric in disk:
        print_row(metric, factor)
    print('all else: the emulator\'s own, and latencies: %s' % tally(others))
    for metric in others:
        print_row(metric, None)


def conclude(what, study, factor):
    """In two lines: all in all, and the plainest of the rates."""
    print('%s: %s' % (what, [sentence['text'] for sentence in study['sentences'] if sentence['question'] == 'overall'][-1]))
    for metric in [metric for metric in study['metrics'] if metric['metric'] == 'read_bandwidth' and metric['against'][1]][:1]:
        found = metric['against'][1]
        print('%s: %s: %s times (%s to %s), %s; %g is %s' % (
            what, name_of(metric), number(found['value'], '%.3f'), number(found['low'], '%.3f'), number(found['high'], '%.3f'), found['verdict'], factor,
            'within' if is_within(metric, factor) else 'not within'))


def main():
    identical, slowed = (json.load(open(path)) for path in sys.argv[1:3])
    factor = float(sys.argv[3])
    show('identical machines: 1 is what the ratio is', identical, 1)
    show('a disk of %g times the rate' % factor, slowed, factor)
    print()
    conclude('identical', identical, 1)
    conclude('slowed', slowed, factor)


main()
