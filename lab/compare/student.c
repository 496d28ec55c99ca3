/* SPDX-License-Identifier: MIT */
/* Student's t and the normal distribution, as far as intervals need them. */
#include <math.h>

#include "lab/compare/statistics.h"

double normal_probability(double z)
{
	return erfc(-z / sqrt(2)) / 2;
}

/* P(|T| <= |t|): a finite series in the cosine for each parity of the degrees of freedom. */
static double two_sided(double t, unsigned freedom)
{
	double angle = atan(t / sqrt(freedom)), cosine = cos(angle), term = 1, sum = 0;

	if (freedom % 2) {
		term = cosine;
		for (unsigned k = 1; k + 1 < freedom; k += 2) {
			sum += term;
			term *= cosine * cosine * (k + 1) / (k + 2);
		}
		return 2 / M_PI * (angle + sin(angle) * sum);
	}
	for (unsigned k = 0; k + 1 < freedom; k += 2) {
		sum += term;
		term *= cosine * cosine * (k + 1) / (k + 2);
	}
	return sin(angle) * sum;
}

double student_probability(double t, unsigned freedom)
{
	return freedom ? (1 + two_sided(t, freedom)) / 2 : NAN;
}

double student_quantile(double probability, unsigned freedom)
{
	double low = -1, high = 1;

	if (!freedom || !(probability > 0 && probability < 1))
		return NAN;
	while (student_probability(low, freedom) > probability)
		low *= 2;
	while (student_probability(high, freedom) < probability)
		high *= 2;
	for (unsigned i = 0; i < 100; i++) {
		double middle = (low + high) / 2;

		*(student_probability(middle, freedom) < probability ? &low : &high) = middle;
	}
	return (low + high) / 2;
}
