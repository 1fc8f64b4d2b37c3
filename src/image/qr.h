/* qr.h - a QR code (ISO/IEC 18004) as SVG, for receipts on screens and paper.
 *
 * Threads: no state. */
#pragma once
#include "base/buf.h"

enum { GW_QR_TEXT_MAX = 512 };

/* Appends a whole SVG document, black on white with the quiet zone of four modules, level M.
 * GW_ERR_LIMIT: more than GW_QR_TEXT_MAX bytes. */
[[nodiscard]] bool gw_qr_svg(struct gw_buf *out, struct gw_span text, struct gw_err *err);
