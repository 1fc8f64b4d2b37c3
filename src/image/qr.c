/* qr.c - the only file with libqrencode. */
#include "image/qr.h"

#include <qrencode.h>

bool gw_qr_svg(struct gw_buf *out, struct gw_span text, struct gw_err *err)
{
    char copy[GW_QR_TEXT_MAX + 1];
    if (text.size == 0 || text.size > GW_QR_TEXT_MAX)
        return gw_fail(err, GW_ERR_LIMIT, "a QR code of ours holds 1 to %d bytes", GW_QR_TEXT_MAX);
    memcpy(copy, text.data, text.size);
    copy[text.size] = 0;
    QRcode *q = QRcode_encodeString8bit(copy, 0, QR_ECLEVEL_M);
    if (q == NULL)
        return gw_fail(err, GW_ERR_INTERNAL, "the QR code could not be made");
    int side = q->width + 8;
    gw_buf_addf(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" shape-rendering=\"crispEdges\">"
                     "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/><path d=\"", side, side, side, side);
    /* Each row as runs of dark modules. */
    for (int y = 0; y < q->width; y++)
        for (int x = 0, run; x < q->width; x += GW_MAX(run, 1)) {
            for (run = 0; x + run < q->width && (q->data[y * q->width + x + run] & 1) != 0; run++)
                ;
            if (run > 0)
                gw_buf_addf(out, "M%d %dh%dv1h-%dz", x + 4, y + 4, run, run);
        }
    gw_buf_add_text(out, "\"/></svg>\n");
    QRcode_free(q);
    return true;
}
