/* schema.h - the JSON of every answer and body, as JSON Schema (2020-12, which
 * OpenAPI 3.1 uses). The service tests hold every answer to it. */
#pragma once
#include "base/json.h"

/* {"Verification": {…}, …}; yours to free. */
[[nodiscard]] struct gw_json *gw_schema_all(void);
