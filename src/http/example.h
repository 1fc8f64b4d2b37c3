/* example.h - the part of docs/api.md that shows instead of saying. */
#pragma once

extern const char gw_api_example[]; /* Markdown */
