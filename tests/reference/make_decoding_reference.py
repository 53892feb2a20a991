"""Makes the decoding reference: small image files of every kind that Pillow reads, damaged copies of each, and what Pillow makes of them.

    python3 make_decoding_reference.py --out decoding [--mutants 24] [--seed 11]

NAME is a whole file. expected.json: {"files": {NAME: checksum (SHA-256, 32 digits) of Image.open(NAME).convert("RGB").tobytes(), with "WxH " before it},
"mutants": [[NAME, [[position, bytes deleted, hex inserted], ...], checksum or null where Pillow refuses the file], ...]}. Edits are made in order. "any" stands
for a file that Pillow accepts with pixels that depend on the processor: coefficients of damaged JPEG data overflow otherwise in libjpeg-turbo's vector code.
"""
import argparse, hashlib, io, json, os, random, struct, subprocess, sys, tempfile, warnings, zlib
import numpy as np
from PIL import Image

warnings.simplefilter("ignore")
W, H = 21, 14
FORMATS = ["JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF"]
MOST_PIXELS, MOST_SIDE = 100_000_000, 65_535


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(depth, kind, rng, interlaced=0, plte=None, before=b"", after=b"", split=0, w=W, h=H):
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[kind]
    bits = depth * channels
    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)] if interlaced else [(0, 0, 1, 1)]
    rows = b""
    for x, y, sx, sy in passes:
        columns = (w - x + sx - 1) // sx
        for _ in range(y, h, sy):
            if columns > 0:
                rows += bytes([rng.integers(0, 5)]) + rng.integers(0, 256, (columns * bits + 7) // 8).astype(np.uint8).tobytes()
    packed = zlib.compress(rows)
    parts = [packed[:split], packed[split:]] if split else [packed]
    out = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", w, h, depth, kind, 0, 0, interlaced))
    if plte is not None:
        out += chunk(b"PLTE", plte)
    return out + before + b"".join(chunk(b"IDAT", part) for part in parts) + after + chunk(b"IEND", b"")


def bmp(bits, rows, size=40, compression=0, masks=b"", palette=b"", colours=0, top_down=False):
    header = struct.pack("<HHHH", W, H, 1, bits) if size == 12 else struct.pack(
        "<iiHHIIiiII", W, -H if top_down else H, 1, bits, compression, len(rows), 2835, 2835, colours, 0) + (masks if size > 40 else b"")
    header = struct.pack("<I", size) + header.ljust(size - 4, b"\0")
    tail = (masks if size == 40 else b"") + palette
    offset = 14 + len(header) + len(tail)
    return b"BM" + struct.pack("<IHHI", offset + len(rows), 0, 0, offset) + header + tail + rows


def tiff(blocks, endian="<", bits=(8, 8, 8), photo=2, compression=1, tile=None, rows=H, planar=1, extra=(), predictor=1, orientation=1, palette=None, w=W, h=H):
    tags = [(256, 3, [w]), (257, 3, [h]), (258, 3, list(bits)), (259, 3, [compression]), (262, 3, [photo]), (274, 3, [orientation]), (277, 3, [len(bits)]), (284, 3, [planar])]
    if predictor != 1: tags.append((317, 3, [predictor]))
    if palette is not None: tags.append((320, 3, palette))
    if extra: tags.append((338, 3, list(extra)))
    offsets = []
    data = b"II*\0" if endian == "<" else b"MM\0*"
    data += b"\0\0\0\0"
    for block in blocks:
        offsets.append(len(data)); data += block + b"\0" * (len(block) % 2)
    counts = [len(block) for block in blocks]
    tags += [(322, 3, [tile]), (323, 3, [tile]), (324, 4, offsets), (325, 4, counts)] if tile else [(273, 4, offsets), (278, 3, [rows]), (279, 4, counts)]
    entries = b""
    for tag, kind, values in sorted(tags):
        body = struct.pack(endian + ("H" if kind == 3 else "I") * len(values), *values)
        if len(body) > 4:
            at = len(data); data += body
            body = struct.pack(endian + "I", at)
        entries += struct.pack(endian + "HHI", tag, kind, len(values)) + body.ljust(4, b"\0")
    ifd = len(data)
    return data[:4] + struct.pack(endian + "I", ifd) + data[8:] + struct.pack(endian + "H", len(tags)) + entries + b"\0\0\0\0"


def sources(seed):
    rng = np.random.default_rng(seed)
    noise = lambda n: rng.integers(0, 256, n).astype(np.uint8).tobytes()
    smooth = np.zeros((H, W, 3))
    for cell in (3, 8):
        small = (rng.random((H // cell + 2, W // cell + 2, 3)) * 255).astype(np.uint8)
        smooth += np.asarray(Image.fromarray(small).resize((W, H), Image.BILINEAR), float)
    rgb = Image.fromarray((smooth / 2).astype(np.uint8))
    gray, alpha = rgb.convert("L"), Image.frombytes("L", (W, H), noise(W * H))
    indexed = rgb.convert("P", palette=Image.ADAPTIVE, colors=30)
    rgba = rgb.copy(); rgba.putalpha(alpha)
    out = {}

    def save(name, img, kind, **options):
        with io.BytesIO() as file:
            img.save(file, kind, **options); out[name] = file.getvalue()

    exif = Image.Exif(); exif[0x0112] = 6
    for name, options in (("444.jpg", dict(quality=92, subsampling=0)), ("420.jpg", dict(quality=80)), ("422.jpg", dict(quality=75, subsampling=1)), ("progressive.jpg", dict(progressive=True)),
                          ("restart.jpg", dict(restart_marker_blocks=1)), ("rgb.jpg", dict(keep_rgb=True)), ("exif.jpg", dict(exif=exif)), ("icc.jpg", dict(icc_profile=noise(90)))):
        save(name, rgb, "JPEG", **options)
    save("gray.jpg", gray, "JPEG"); save("gray-progressive.jpg", gray, "JPEG", progressive=True); save("cmyk.jpg", rgb.convert("CMYK"), "JPEG")
    ycck = bytearray(out["cmyk.jpg"]); ycck[ycck.index(b"Adobe") + 11] = 2; out["ycck.jpg"] = bytes(ycck)
    plain = out["cmyk.jpg"]; at = plain.index(b"Adobe") - 4; out["cmyk-unmarked.jpg"] = plain[:at] + plain[at + 16:]
    for depth, kind in ((1, 0), (2, 0), (4, 0), (8, 0), (16, 0), (8, 2), (16, 2), (8, 4), (16, 4), (8, 6), (16, 6)):
        out[f"{kind}-{depth}.png"] = png(depth, kind, rng); out[f"{kind}-{depth}-interlaced.png"] = png(depth, kind, rng, 1)
    for depth in (1, 2, 4, 8):
        out[f"3-{depth}.png"] = png(depth, 3, rng, plte=noise(3 << depth)); out[f"3-{depth}-interlaced.png"] = png(depth, 3, rng, 1, plte=noise(3 << depth))
    out["short-palette.png"] = png(8, 3, rng, plte=noise(100)); out["no-palette.png"] = png(8, 3, rng)
    out["thin-interlaced.png"] = png(8, 2, rng, 1, w=3, h=5)
    out["transparent.png"] = png(8, 3, rng, plte=noise(768), before=chunk(b"tRNS", noise(40))); out["transparent-rgb.png"] = png(8, 2, rng, before=chunk(b"tRNS", noise(6)))
    out["two-chunks.png"] = png(8, 2, rng, split=50); out["text.png"] = png(8, 0, rng, before=chunk(b"tEXt", b"a\0b") + chunk(b"pHYs", bytes(9)), after=chunk(b"tEXt", b"c\0d"))
    out["exif.png"] = png(8, 2, rng, before=chunk(b"eXIf", exif.tobytes()[6:])); out["profile.png"] = png(8, 2, rng, before=chunk(b"iCCP", b"p\0\0" + zlib.compress(noise(50))))
    save("animated.png", rgb, "PNG", save_all=True, append_images=[rgb.rotate(180)])
    save("plain.gif", indexed, "GIF"); save("transparent.gif", indexed, "GIF", transparency=3); save("gray.gif", gray, "GIF"); save("plain-rows.gif", indexed, "GIF", interlace=0)
    save("animated.gif", indexed, "GIF", save_all=True, append_images=[indexed.rotate(180)], duration=50, loop=0, transparency=2, disposal=2)
    whole = out["plain-rows.gif"]; table = 13 + (3 << ((whole[10] & 7) + 1)); at = whole.index(b",\0\0\0\0", table)
    larger = bytearray(whole); larger[6:10] = struct.pack("<HH", W + 9, H + 5); larger[at + 1:at + 5] = struct.pack("<HH", 4, 3); out["offset.gif"] = bytes(larger)
    out["offset-transparent.gif"] = bytes(larger[:at]) + b"!\xf9\x04\x01\0\0\x07\0" + bytes(larger[at:])
    outside = bytearray(whole); outside[6:10] = struct.pack("<HH", 5, 5); out["beyond-screen.gif"] = bytes(outside)
    local = bytearray(whole); local[at + 9] = 0x80 | (whole[10] & 7); out["local-palette.gif"] = bytes(local[:at + 10]) + noise(3 << ((whole[10] & 7) + 1)) + bytes(local[at + 10:])
    for mode in ("RGB", "P", "L", "1", "RGBA"):
        save(f"{mode.lower()}.bmp", {"P": indexed, "L": gray, "1": gray.convert("1"), "RGBA": rgba}.get(mode, rgb), "BMP")
    pad = lambda bits: (W * bits + 31) // 32 * 4
    out["555.bmp"] = bmp(16, noise(pad(16) * H)); out["565.bmp"] = bmp(16, noise(pad(16) * H), compression=3, masks=struct.pack("<III", 0xF800, 0x7E0, 0x1F))
    out["top-down.bmp"] = bmp(24, noise(pad(24) * H), top_down=True); out["os2.bmp"] = bmp(8, noise(pad(8) * H), size=12, palette=noise(768)); out["4.bmp"] = bmp(4, noise(pad(4) * H), palette=noise(64), colours=16)
    out["masks.bmp"] = bmp(32, noise(pad(32) * H), size=56, compression=3, masks=struct.pack("<IIII", 0xFF000000, 0xFF0000, 0xFF00, 0xFF))
    out["short-end.bmp"] = out["rgb.bmp"][:-(pad(24) - W * 3)] if pad(24) > W * 3 else out["rgb.bmp"]
    runs = b"".join(bytes([5, 1, W - 5 - 6, 2, 0, 6]) + noise(6) + b"\0\0" for _ in range(H)) + b"\0\1"
    out["runs8.bmp"] = bmp(8, runs, compression=1, palette=noise(1024)); out["runs4.bmp"] = bmp(4, b"".join(bytes([W, 0x12 + y, 0, 0]) for y in range(H - 2)) + b"\0\2\3\1" + bytes([W - 3, 0x45, 0, 0, 0, 1]), compression=2, palette=noise(64), colours=16)
    save("lossless.webp", rgb, "WEBP", lossless=True); save("lossy.webp", rgb, "WEBP"); save("lossy-alpha.webp", rgba, "WEBP"); save("lossless-alpha.webp", rgba, "WEBP", lossless=True, exact=True)
    save("animated.webp", rgb, "WEBP", save_all=True, append_images=[rgb.rotate(180)]); save("exif.webp", rgb, "WEBP", exif=exif)
    for kind in ("raw", "tiff_lzw", "packbits", "tiff_adobe_deflate"):
        save(f"{kind}.tif", rgb, "TIFF", compression=kind)
    save("gray.tif", gray, "TIFF"); save("indexed.tif", indexed, "TIFF", compression="tiff_lzw"); save("1.tif", gray.convert("1"), "TIFF"); save("rgba.tif", rgba, "TIFF"); save("cmyk.tif", rgb.convert("CMYK"), "TIFF")
    save("la.tif", Image.merge("LA", (gray, alpha)), "TIFF")
    out["16-gray.tif"] = tiff([noise(W * H * 2)], bits=(16,), photo=1); out["16-gray-big.tif"] = tiff([noise(W * H * 2)], ">", bits=(16,), photo=1); out["16-rgb-big.tif"] = tiff([noise(W * H * 6)], ">", bits=(16,) * 3)
    out["strips.tif"] = tiff([zlib.compress(noise(W * 3 * min(5, H - y))) for y in range(0, H, 5)], rows=5, compression=8)
    out["tiles.tif"] = tiff([zlib.compress(noise(16 * 16 * 3)) for _ in range((W + 15) // 16)], tile=16, compression=8); out["tiles-plain.tif"] = tiff([noise(16 * 16 * 3) for _ in range((W + 15) // 16)], tile=16)
    out["planar.tif"] = tiff([noise(W * H) for _ in range(3)], planar=2); out["planar-deflate.tif"] = tiff([zlib.compress(noise(W * H)) for _ in range(3)], planar=2, compression=8)
    out["differences.tif"] = tiff([zlib.compress(noise(W * H * 3))], compression=8, predictor=2); out["differences-16.tif"] = tiff([zlib.compress(noise(W * H * 6))], ">", bits=(16,) * 3, compression=8, predictor=2)
    out["turned.tif"] = tiff([noise(W * H * 3)], orientation=6); out["4-inverted.tif"] = tiff([noise((W + 1) // 2 * H)], bits=(4,), photo=0); out["premultiplied.tif"] = tiff([noise(W * H * 4)], bits=(8,) * 4, extra=(1,))
    return out


def decode(data):
    """Pillow's pixels of a file, or None where it is refused."""
    try:
        img = Image.open(io.BytesIO(data), formats=FORMATS)
        if max(img.size) > MOST_SIDE or img.size[0] * img.size[1] > MOST_PIXELS:
            return None
        rgb = img.convert("RGB")
    except Exception:
        return None
    return f"{rgb.width}x{rgb.height} {hashlib.sha256(rgb.tobytes()).hexdigest()[:32]}"


def mutate(r, name, data):
    """One to four edits, of which the last may mend the checksum of the PNG chunk that was changed."""
    edits, out = [], bytearray(data)

    def edit(at, deleted, inserted):
        out[at:at + deleted] = inserted; edits.append([at, deleted, inserted.hex()])

    kind = r.randrange(8)
    if kind == 0: edit(r.randrange(len(out)), 1, bytes([r.randrange(256)]))
    elif kind == 1: at = r.randrange(len(out)); edit(at, 1, bytes([out[at] ^ (1 << r.randrange(8))]))
    elif kind == 2: at = r.randrange(len(out)); edit(at, len(out) - at, b"")
    elif kind == 3: edit(r.randrange(len(out)), r.randrange(1, 9), b"")
    elif kind == 4: edit(r.randrange(len(out)), 0, bytes(r.randrange(256) for _ in range(r.randrange(1, 9))))
    elif kind == 5:
        for _ in range(4): edit(r.randrange(len(out)), 1, bytes([r.randrange(256)]))
    elif kind == 6: edit(r.randrange(min(len(out), 64)), 1, bytes([r.choice([0, 1, 2, 3, 4, 127, 128, 254, 255])]))
    else:
        at = r.randrange(len(out)); edit(at, 2, bytes([255, r.randrange(256)]))
    if name.endswith(".png") and len(out) == len(data) and r.random() < 0.7:
        at = 8
        while at + 12 <= len(out):
            length = struct.unpack_from(">I", out, at)[0]
            if at + 12 + length > len(out): break
            crc = struct.pack(">I", zlib.crc32(out[at + 4:at + 8 + length]))
            if out[at + 8 + length:at + 12 + length] != crc: edit(at + 8 + length, 4, crc)
            at += 12 + length
    return edits, bytes(out)


def main():
    a = argparse.ArgumentParser(); a.add_argument("--out"); a.add_argument("--mutants", type=int, default=24); a.add_argument("--seed", type=int, default=11); a.add_argument("--decode")
    a = a.parse_args()
    if a.decode:
        print(json.dumps([decode(bytes.fromhex(line)) for line in open(a.decode).read().split()])); return
    os.makedirs(a.out, exist_ok=True)
    r, files, mutants, made = random.Random(a.seed), {}, [], []
    for name, data in sources(a.seed).items():
        open(os.path.join(a.out, name), "wb").write(data); files[name] = decode(data)
        for _ in range(a.mutants):
            edits, damaged = mutate(r, name, data)
            mutants.append([name, edits, decode(damaged)]); made.append(damaged)
    with tempfile.NamedTemporaryFile("w", suffix=".hex") as file:
        jpegs = [i for i, mutant in enumerate(mutants) if mutant[0].endswith(".jpg")]
        file.write("\n".join(made[i].hex() or "00" for i in jpegs)); file.flush()
        plain = json.loads(subprocess.run([sys.executable, __file__, "--decode", file.name], env={**os.environ, "JSIMD_FORCENONE": "1"}, capture_output=True, check=True, text=True).stdout)
    for i, pixels in zip(jpegs, plain):
        if pixels != mutants[i][2]: mutants[i][2] = "any"
    with open(os.path.join(a.out, "expected.json"), "w") as file:
        file.write('{"files": ' + json.dumps(files, indent=1) + ',\n"mutants": [\n' + ",\n".join(json.dumps(mutant, separators=(",", ":")) for mutant in mutants) + "\n]}\n")


if __name__ == "__main__":
    main()
