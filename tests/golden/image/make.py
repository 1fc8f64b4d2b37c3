#!/usr/bin/env python3
"""Makes the pictures of this folder again. Needs imagemagick, libjpeg-turbo-progs,
libopenjp2-tools. The tests use the files, not this script.

The picture is 64 x 48: eight upright bars (white, yellow, cyan, green, magenta, red,
blue, black) above, and in the lowest quarter the same from black to white, so that
every turn and mirror of it looks different. No person is in any of them."""
import os, struct, subprocess, zlib

os.chdir(os.path.dirname(os.path.abspath(__file__)))
W, H = 64, 48
BARS = [(255, 255, 255), (255, 255, 0), (0, 255, 255), (0, 255, 0), (255, 0, 255), (255, 0, 0), (0, 0, 255), (0, 0, 0)]


def pixel(x, y):
    i = x // 8
    return BARS[7 - i if y >= 36 else i]


rows = [[pixel(x, y) for x in range(W)] for y in range(H)]


def run(*command, data=None):
    return subprocess.run(command, input=data, check=True, stdout=subprocess.PIPE).stdout


def put(name, data):
    with open(name, 'wb') as f:
        f.write(data)


def ppm(rows):
    return b'P6\n%d %d\n255\n' % (len(rows[0]), len(rows)) + bytes(v for r in rows for p in r for v in p)


BARS_PPM = ppm(rows)
LUMA = [round(0.299 * r + 0.587 * g + 0.114 * b) for r, g, b in BARS]
GREY_PGM = b'P5\n%d %d\n255\n' % (W, H) + bytes(LUMA[BARS.index(p)] for r in rows for p in r)


# JPEG
def cjpeg(*options, data=BARS_PPM):
    return run('cjpeg', '-quality', '95', *options, data=data)


base = cjpeg('-sample', '1x1')
progressive = cjpeg('-progressive')
put('baseline_444.bars.jpg', base)
put('baseline_420.bars.jpg', cjpeg('-sample', '2x2'))
put('baseline_422.bars.jpg', cjpeg('-sample', '2x1'))
put('optimized.bars.jpg', cjpeg('-optimize'))
put('progressive.bars.jpg', progressive)
put('restart_markers.bars.jpg', cjpeg('-restart', '1B'))
put('grey.grey.jpg', cjpeg('-grayscale', data=GREY_PGM))
put('rgb_adobe.bars.jpg', cjpeg('-rgb'))
cmyk = run('convert', 'ppm:-', '-colorspace', 'CMYK', '-quality', '95', '-sampling-factor', '1x1', 'jpg:-', data=BARS_PPM)


def segments(jpeg):
    """(marker, start, end) up to and with SOS; then the rest."""
    at = 2
    while True:
        marker, size = jpeg[at + 1], struct.unpack('>H', jpeg[at + 2:at + 4])[0]
        yield marker, at, at + 2 + size
        at += 2 + size
        if marker == 0xda:
            return


def without(jpeg, *markers):
    out, last = jpeg[:2], 2
    for marker, start, end in segments(jpeg):
        if marker not in markers:
            out += jpeg[start:end]
        last = end
    return out + jpeg[last:]


def adobe(jpeg):
    for marker, start, end in segments(jpeg):
        if marker == 0xee:
            return jpeg[end - 1]


assert adobe(cmyk) == 2, 'ImageMagick writes YCCK'
put('ycck_adobe.bars.jpg', cmyk)
# No tool at hand writes CMYK without transform or without Adobe's marker; every 8x8 block of this picture is of
# one color (but for the seam), so it can be written by hand.


def cmyk_by_hand(inverted, marker):
    """A four-component JPEG, one scan, each block flat; Huffman table: DC sizes 0 to 11, AC only end-of-block."""
    out = b'\xff\xd8'
    if marker:
        out += b'\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00'
    out += b'\xff\xdb\x00\x43\x00' + bytes([8] + [16] * 63)
    out += b'\xff\xc0' + struct.pack('>HBHHB', 8 + 12, 8, H, W, 4) + b''.join(bytes([c, 0x11, 0]) for c in (1, 2, 3, 4))
    dc = list(range(12))
    out += b'\xff\xc4' + struct.pack('>HB', 19 + 12, 0x00) + bytes([0, 0, 0, 12] + [0] * 12) + bytes(dc)
    out += b'\xff\xc4' + struct.pack('>HB', 19 + 1, 0x10) + bytes([1] + [0] * 15) + b'\x00'
    out += b'\xff\xda' + struct.pack('>HB', 6 + 8, 4) + b''.join(bytes([c, 0x00]) for c in (1, 2, 3, 4)) + b'\x00\x3f\x00'
    bits, last = '', [0] * 4
    for by in range(H // 8):
        for bx in range(W // 8):
            r, g, b = rows[by * 8 + 3][bx * 8]
            if 4 <= by < 5:  # the seam at row 36 lies inside this block row: it takes the upper half's color
                r, g, b = rows[32][bx * 8]
            k = 255 - max(r, g, b)
            c, m, y = (255 - r - k, 255 - g - k, 255 - b - k)
            for i, v in enumerate((c, m, y, k)):
                v = 255 - v if inverted else v
                dc_value = v - 128  # quantized by 8: the mean of the block is DC / 8
                d = dc_value - last[i]
                last[i] = dc_value
                size = abs(d).bit_length()
                bits += format(size, '04b')
                if size:
                    bits += format(d if d > 0 else d + (1 << size) - 1, '0%db' % size)
                bits += '0'
    bits += '1' * (-len(bits) % 8)
    data = bytes(int(bits[i:i + 8], 2) for i in range(0, len(bits), 8))
    return out + data.replace(b'\xff', b'\xff\x00') + b'\xff\xd9'


put('cmyk_adobe.bars.jpg', cmyk_by_hand(True, True))
put('cmyk_plain.bars.jpg', cmyk_by_hand(False, False))


def exif(orientation, big):
    e = '>' if big else '<'
    tiff = (b'MM' if big else b'II') + struct.pack(e + 'HIH', 42, 8, 2)
    tiff += struct.pack(e + 'HHII', 0x010e, 2, 4, 0)  # an empty description comes first
    tiff += struct.pack(e + 'HHIHH', 0x0112, 3, 1, orientation, 0) + struct.pack(e + 'I', 0)
    return tiff


def with_app1(jpeg, payload):
    return jpeg[:2] + b'\xff\xe1' + struct.pack('>H', 2 + len(payload)) + payload + jpeg[2:]


def turned(orientation):
    """Rows as a camera held that way would have stored them."""
    turns = {
        1: lambda r: r,
        2: lambda r: [x[::-1] for x in r],
        3: lambda r: [x[::-1] for x in r[::-1]],
        4: lambda r: r[::-1],
        5: lambda r: [list(x) for x in zip(*r)],
        6: lambda r: [list(x) for x in zip(*r)][::-1],
        7: lambda r: [list(x)[::-1] for x in zip(*r)][::-1],
        8: lambda r: [list(x)[::-1] for x in zip(*r)],
    }
    return turns[orientation](rows)


for o in range(1, 9):
    jpeg = cjpeg('-sample', '1x1', data=ppm(turned(o)))
    put('orientation_%d.bars.jpg' % o, with_app1(jpeg, b'Exif\0\0' + exif(o, o % 2 == 0)))
put('orientation_9_is_none.bars.jpg', with_app1(base, b'Exif\0\0' + exif(9, True)))
put('exif_cut_is_none.bars.jpg', with_app1(base, b'Exif\0\0' + exif(6, True)[:20]))
put('exif_circular_is_none.bars.jpg', with_app1(base, b'Exif\0\0MM\0*' + struct.pack('>IH', 4, 65535)))
put('exif_after_xmp.bars.jpg', with_app1(with_app1(cjpeg('-sample', '1x1', data=ppm(turned(6))), b'Exif\0\0' + exif(6, False)),
    b'http://ns.adobe.com/xap/1.0/\0<x/>'))
put('cmyk_orientation_6.bars.jpg', with_app1(run('convert', 'ppm:-', '-colorspace', 'CMYK', '-quality', '95',
    '-sampling-factor', '1x1', 'jpg:-', data=ppm(turned(6))), b'Exif\0\0' + exif(6, True)))
put('stray_bytes_between_segments.bars.jpg', base[:2] + b'\xff\xfe\0\4hi' + b'\0\1\2' + base[2:])
put('fill_bytes_before_marker.bars.jpg', base[:2] + b'\xff\xff\xff' + base[2:])
put('trailing_bytes.bars.jpg', base + b'\0' * 100 + base)
put('comment_of_64k.bars.jpg', base[:2] + (b'\xff\xfe\xff\xff' + b'x' * 65533) + base[2:])

sof = next((s, e) for m, s, e in segments(base) if m == 0xc0)
sos = next((s, e) for m, s, e in segments(base) if m == 0xda)


def frame(**change):
    out = bytearray(base)
    for at, value in change.get('bytes', {}).items():
        out[sof[0] + at] = value
    return bytes(out)


put('cut_in_scan.format.jpg', base[:sos[1] + 200])
put('cut_in_header.format.jpg', base[:sof[0] + 6])
put('cut_in_progressive_scan.format.jpg', progressive[:len(progressive) * 2 // 3])
put('no_end_marker.format.jpg', base[:-2])
put('end_marker_early.format.jpg', base[:sos[1] + 60] + b'\xff\xd9')
put('only_start_marker.format.jpg', b'\xff\xd8\xff')
put('empty_picture.format.jpg', b'\xff\xd8\xff\xd9')
put('two_frames.format.jpg', base[:sof[0]] + base[sof[0]:sof[1]] * 2 + base[sof[1]:])
put('no_frame.format.jpg', base[:sof[0]] + base[sof[1]:])
put('width_zero.format.jpg', frame(bytes={7: 0, 8: 0}))
put('segment_too_short.format.jpg', base[:2] + b'\xff\xe5\0\1' + base[2:])
# Frames of cameras' Motion JPEG come without tables: the usual ones are meant.
put('no_huffman_tables.bars.jpg', without(base, 0xc4))
put('no_quantizers.format.jpg', without(base, 0xdb))
put('restart_missing.format.jpg', (lambda d: d.replace(b'\xff\xd1', b'', 1))(cjpeg('-restart', '1B')))
put('height_after_pixels.unsupported.jpg', frame(bytes={5: 0, 6: 0}))
put('bits_12.unsupported.jpg', frame(bytes={4: 12}))
put('components_2.unsupported.jpg', frame(bytes={9: 2}))
put('lossless.unsupported.jpg', frame(bytes={1: 0xc3}))
put('hierarchical.unsupported.jpg', frame(bytes={1: 0xc5}))
put('arithmetic.unsupported.jpg', cjpeg('-arithmetic'))
put('65535x65535.limit.jpg', frame(bytes={5: 255, 6: 255, 7: 255, 8: 255}))
put('20000x20000.limit.jpg', frame(bytes={5: 0x4e, 6: 0x20, 7: 0x4e, 8: 0x20}))
last_scan = progressive[progressive.rindex(b'\xff\xda'):-2]
put('scans_200.limit.jpg', progressive[:-2] + last_scan * 200 + b'\xff\xd9')


# PNG
def chunk(kind, data):
    return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))


SIGN = b'\x89PNG\r\n\x1a\n'


def png(width, height, depth, color, raw, interlace=0, before=b'', middle=b'', level=9):
    return SIGN + chunk(b'IHDR', struct.pack('>IIBBBBB', width, height, depth, color, 0, 0, interlace)) + before + \
        chunk(b'IDAT', zlib.compress(raw, level)) + middle + chunk(b'IEND', b'')


def lines(rows, f):
    return b''.join(b'\0' + f(r) for r in rows)


rgb = lines(rows, lambda r: bytes(v for p in r for v in p))
put('rgb.bars.png', png(W, H, 8, 2, rgb))
put('rgb_16_bit.bars.png', png(W, H, 16, 2, lines(rows, lambda r: bytes(v for p in r for c in p for v in (c, c)))))
put('rgba_opaque.bars.png', png(W, H, 8, 6, lines(rows, lambda r: bytes(v for p in r for v in p + (255,)))))
# White bars made of transparent black: alpha lies on white.
put('rgba_on_white.bars.png', png(W, H, 8, 6, lines(rows, lambda r: bytes(
    v for p in r for v in ((0, 0, 0, 0) if p == (255, 255, 255) else p + (255,))))))
put('rgba_16_bit.bars.png', png(W, H, 16, 6, lines(rows, lambda r: bytes(v for p in r for c in p + (255,) for v in (c, c)))))
palette = chunk(b'PLTE', bytes(v for p in BARS for v in p))
put('palette.bars.png', png(W, H, 8, 3, lines(rows, lambda r: bytes(BARS.index(p) for p in r)), before=palette))


def packed(r, f, depth):
    bits = ''.join(format(f(p), '0%db' % depth) for p in r)
    return bytes(int(bits[i:i + 8], 2) for i in range(0, len(bits), 8))


put('palette_4_bit.bars.png', png(W, H, 4, 3, lines(rows, lambda r: packed(r, BARS.index, 4)), before=palette))
black_clear = chunk(b'PLTE', bytes([9, 9, 9]) + bytes(v for p in BARS[1:] for v in p)) + chunk(b'tRNS', b'\0')
put('palette_white_is_clear.bars.png', png(W, H, 4, 3, lines(rows, lambda r: packed(r, BARS.index, 4)), before=black_clear))
grey = lambda p: LUMA[BARS.index(p)]
put('grey.grey.png', png(W, H, 8, 0, lines(rows, lambda r: bytes(grey(p) for p in r))))
put('grey_16_bit.grey.png', png(W, H, 16, 0, lines(rows, lambda r: bytes(v for p in r for v in (grey(p), grey(p))))))
put('grey_alpha.grey.png', png(W, H, 8, 4, lines(rows, lambda r: bytes(v for p in r for v in (grey(p), 255)))))
interlaced = run('convert', 'ppm:-', '-interlace', 'PNG', '-define', 'png:color-type=2', 'png:-', data=BARS_PPM)
put('interlaced.bars.png', interlaced)
put('interlaced_alpha.bars.png', run('convert', 'ppm:-', '-interlace', 'PNG', '-define', 'png:color-type=6', 'png:-', data=BARS_PPM))
put('exif_orientation_6.bars.png', png(H, W, 8, 2, lines(turned(6), lambda r: bytes(v for p in r for v in p)),
    before=chunk(b'eXIf', exif(6, True))))
put('exif_orientation_5_interlaced.bars.png', (lambda d: d[:33] + chunk(b'eXIf', exif(5, True)) + d[33:])(
    run('convert', 'ppm:-', '-interlace', 'PNG', '-define', 'png:color-type=2', 'png:-', data=ppm(turned(5)))))
put('data_in_many_chunks.bars.png', (lambda z: SIGN + chunk(b'IHDR', struct.pack('>IIBBBBB', W, H, 8, 2, 0, 0, 0)) +
    b''.join(chunk(b'IDAT', z[i:i + 5]) for i in range(0, len(z), 5)) + chunk(b'IEND', b''))(zlib.compress(rgb)))
bomb = zlib.compress(b'A' * 50_000_000, 9)
put('text_bomb_is_skipped.bars.png', png(W, H, 8, 2, rgb, before=chunk(b'zTXt', b'k\0\0' + bomb)))
put('profile_bomb_is_skipped.bars.png', png(W, H, 8, 2, rgb, before=chunk(b'iCCP', b'k\0\0' + bomb)))
put('texts_many_are_skipped.bars.png', png(W, H, 8, 2, rgb, before=chunk(b'tEXt', b'k\0v') * 3000))
good = png(W, H, 8, 2, rgb)
put('cut.format.png', good[:len(good) - 30])
put('no_end_chunk.format.png', good[:-12])
put('wrong_check_sum.format.png', good[:60] + bytes([good[60] ^ 1]) + good[61:])
put('too_few_pixels.format.png', png(W, H, 8, 2, rgb[:3000]))
put('width_zero.format.png', png(0, H, 8, 2, b''))
put('depth_3.format.png', png(W, H, 3, 0, rgb))
put('palette_missing.format.png', png(W, H, 8, 3, lines(rows, lambda r: bytes(BARS.index(p) for p in r))))
put('no_data.format.png', SIGN + chunk(b'IHDR', struct.pack('>IIBBBBB', W, H, 8, 2, 0, 0, 0)) + chunk(b'IEND', b''))
put('header_second.format.png', SIGN + chunk(b'gAMA', struct.pack('>I', 45455)) + good[8:])
put('chunk_of_4_gigabytes.format.png', SIGN + good[8:33] + b'\xff\xff\xff\xffIDAT')
put('only_signature.format.png', SIGN)
put('animated.unsupported.png', png(W, H, 8, 2, rgb, before=chunk(b'acTL', struct.pack('>II', 2, 0))))
put('20000x20000.limit.png', png(20000, 20000, 1, 0, (b'\0' + b'\0' * 2500) * 20000))
put('one_row_of_2_billion.limit.png', png(0x7fffffff, 1, 1, 0, b''))


# JPEG 2000
def opj(name, *options, data=BARS_PPM, suffix='ppm'):
    put('/tmp/in.' + suffix, data)
    run('opj_compress', '-i', '/tmp/in.' + suffix, '-o', '/tmp/out.' + name.rsplit('.', 1)[1], *options)
    with open('/tmp/out.' + name.rsplit('.', 1)[1], 'rb') as f:
        made = f.read()
    put(name, made)
    return made


jp2 = opj('lossless.bars.jp2', '-n', '4')
j2k = opj('codestream.bars.j2k', '-n', '4')
opj('irreversible.bars.jp2', '-I', '-r', '4', '-n', '4')
opj('tiles_with_offset.bars.jp2', '-t', '33,17', '-d', '13,7', '-n', '3')
opj('packet_markers_and_parts.bars.jp2', '-SOP', '-EPH', '-TP', 'R', '-n', '3', '-p', 'RPCL')
opj('one_resolution.bars.jp2', '-n', '1')
opj('grey.grey.jp2', '-n', '4', data=b'P5\n%d %d\n255\n' % (W, H) + bytes(grey(p) for r in rows for p in r), suffix='pgm')
opj('grey_16_bit.grey.j2k', '-n', '4', suffix='pgm',
    data=b'P5\n%d %d\n65535\n' % (W, H) + bytes(v for r in rows for p in r for v in (grey(p), grey(p))))
opj('bits_12.bars.jp2', '-n', '4', data=b'P6\n%d %d\n4095\n' % (W, H) +
    b''.join(struct.pack('>H', round(c * 4095 / 255)) for r in rows for p in r for c in p))


def ycc(p):
    r, g, b = p
    y = 0.299 * r + 0.587 * g + 0.114 * b
    clip = lambda v: max(0, min(255, round(v)))
    return clip(y), clip(128 + 0.564 * (b - y)), clip(128 + 0.713 * (r - y))


yuv = bytes(ycc(p)[0] for r in rows for p in r)
for i in (1, 2):
    yuv += bytes(ycc(r[x])[i] for r in rows[::2] for x in range(0, W, 2))
opj('ycc_420.bars.jp2', '-F', '%d,%d,3,8,u@1x1:2x2:2x2' % (W, H), '-n', '3', data=yuv, suffix='yuv')
opj('alpha_opaque.bars.jp2', '-n', '4', suffix='png', data=png(W, H, 8, 6,
    lines(rows, lambda r: bytes(v for p in r for v in p + (255,)))))
put('cut.format.jp2', jp2[:-200])
put('cut.format.j2k', j2k[:-2])
put('cut_in_header.format.j2k', j2k[:30])
put('only_signature.format.jp2', jp2[:12])
put('no_codestream.format.jp2', jp2[:jp2.index(b'jp2c') - 4])
put('tile_part_longer_than_file.format.j2k', (lambda d, s: d[:s + 6] + struct.pack('>I', 1 << 30) + d[s + 10:])(
    j2k, j2k.index(b'\xff\x90')))
put('film.unsupported.jp2', jp2.replace(b'ftypjp2 ', b'ftypmjp2', 1))
put('two_pictures.unsupported.jp2', jp2[:jp2.index(b'jp2c') - 4] + 2 * (struct.pack('>I', 8 + len(j2k)) + b'jp2c' + j2k))
put('high_throughput.unsupported.j2k', j2k[:6] + b'\x40\x00' + j2k[8:])


def siz(x1, y1, tile, parts):
    body = struct.pack('>HIIIIIIIIH', 0, x1, y1, 0, 0, tile, tile, 0, 0, len(parts)) + b''.join(bytes(p) for p in parts)
    return b'\xff\x51' + struct.pack('>H', 2 + len(body)) + body


def cod(layers, levels, precincts=b''):
    body = bytes([1 if precincts else 0, 0]) + struct.pack('>HB', layers, 0) + bytes([levels, 4, 4, 0, 1]) + precincts
    return b'\xff\x52' + struct.pack('>H', 2 + len(body)) + body


def stream(s, c):
    return b'\xff\x4f' + s + c + b'\xff\x90\0\n\0\0\0\0\0\x0e\0\1\xff\x93\xff\xd9'


RGB = [(7, 1, 1)] * 3
put('components_5.unsupported.j2k', stream(siz(W, H, 64, RGB + RGB[:2]), cod(1, 3)))
put('bits_24.unsupported.j2k', stream(siz(W, H, 64, [(23, 1, 1)]), cod(1, 3)))
put('20000x20000.limit.j2k', stream(siz(20000, 20000, 20000, RGB), cod(1, 3)))
put('tiles_of_one_pixel.limit.j2k', stream(siz(4000, 4000, 1, RGB), cod(1, 3)))
put('layers_65535.limit.j2k', stream(siz(W, H, 64, RGB), cod(65535, 32)))
put('precincts_of_one_pixel.limit.j2k', stream(siz(5000, 5000, 5000, RGB), cod(1, 1, b'\0\0')))
put('tile_of_zero.format.j2k', stream(siz(W, H, 0, RGB), cod(1, 3)))
put('sampling_of_zero.format.j2k', stream(siz(W, H, 64, [(7, 0, 1)]), cod(1, 3)))

# What is not a picture of ours.
for name, data in {
    'empty.format.jpg': b'',
    'one_byte.unsupported.jpg': b'\xff',
    'text.unsupported.jpg': b'This is not a picture at all, whatever its name says.\n',
    'page.unsupported.png': b'<!doctype html><title>404</title>\n',
    'drawing.unsupported.svg': b'<svg xmlns="http://www.w3.org/2000/svg"/>\n',
    'still.unsupported.gif': run('convert', 'ppm:-', 'gif:-', data=BARS_PPM),
    'picture.unsupported.bmp': run('convert', 'ppm:-', '-resize', '8x6', 'bmp:-', data=BARS_PPM),
    'picture.unsupported.tif': b'II*\0\x08\0\0\0\0\0\0\0\0\0',
    'picture.unsupported.webp': b'RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0\x2f\0\0\0\x10\x07\x10\x11\x11\x88\x88\xfe\x07\0',
    'phone.unsupported.heic': b'\0\0\0\x18ftypheic\0\0\0\0mif1heic',
    'picture.unsupported.avif': b'\0\0\0\x1cftypavif\0\0\0\0mif1avif',
    'paper.unsupported.pdf': b'%PDF-1.7\n',
    'film.unsupported.mp4': b'\0\0\0\x18ftypisom\0\0\2\0isomiso2',
    'zeros.unsupported.bin': b'\0' * 64,
}.items():
    put(name, data)
# The bytes decide, not the name.
put('really_a_png.bars.jpg', good)
put('really_a_jpeg.bars.png', base)
put('one_pixel.pixel.png', png(1, 1, 8, 2, b'\0\x10\x20\x30'))
put('one_pixel.pixel.jpg', run('cjpeg', '-quality', '100', data=b'P6\n1 1\n255\n\x10\x20\x30'))
opj('one_pixel.pixel.j2k', '-n', '1', data=b'P6\n1 1\n255\n\x10\x20\x30')
