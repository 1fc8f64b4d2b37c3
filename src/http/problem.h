/* problem.h - errors as problem documents (RFC 9457). */
#pragma once
#include "http/exchange.h"

/* Turns the failure into the exchange's answer: status, Retry-After, the document. */
void gw_problem_answer(struct gw_exchange *x, const struct gw_err *err);
const char *gw_problem_title(int status); /* "Not Found" */
