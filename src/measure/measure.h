/* measure.h - error rates as ISO/IEC 19795 counts them: pure arithmetic on scores. */
#pragma once
#include "measure/group.h"
#include "measure/interval.h"
#include "measure/rate.h"
