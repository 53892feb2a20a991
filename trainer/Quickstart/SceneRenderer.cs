using LlavaCuda.Images;

namespace LlavaCuda.Trainer.Quickstart;

/// <summary>Draws scenes: things on a dark, slightly uneven and noisy ground, each a little off its place's centre, of varying size and tint.</summary>
internal static class SceneRenderer
{
    /// <summary>Edge of a picture in pixels.</summary>
    internal const int Edge = 56;

    private const int Cell = Edge / 2;

    private static readonly (float R, float G, float B)[] Tints =
        [(0.85f, 0.12f, 0.12f), (0.1f, 0.7f, 0.2f), (0.15f, 0.25f, 0.9f), (0.9f, 0.85f, 0.1f), (0.6f, 0.15f, 0.75f), (0.92f, 0.92f, 0.92f)];

    /// <summary>Draws a scene; every drawing of it is different.</summary>
    /// <param name="random">Source of chance.</param>
    /// <param name="scene">What to draw.</param>
    /// <returns>The picture.</returns>
    internal static RgbImage Draw(Random random, Scene scene)
    {
        float[] pixels = Ground(random);
        foreach (SceneObject thing in scene.Objects)
        {
            Paint(random, pixels, thing);
        }

        RgbImage image = new(Edge, Edge);
        for (int i = 0; i < pixels.Length; i++)
        {
            image.Pixels[i] = (byte)MathF.Round(Math.Clamp(pixels[i], 0, 1) * 255);
        }

        return image;
    }

    private static float[] Ground(Random random)
    {
        float[] pixels = new float[3 * Edge * Edge];
        float level = Between(random, 0.04f, 0.16f);
        float slopeX = Between(random, -0.04f, 0.04f);
        float slopeY = Between(random, -0.04f, 0.04f);
        Span<float> tint = [Between(random, -0.02f, 0.02f), Between(random, -0.02f, 0.02f), Between(random, -0.02f, 0.02f)];
        for (int i = 0; i < pixels.Length; i++)
        {
            int x = i / 3 % Edge;
            int y = i / 3 / Edge;
            pixels[i] = level + tint[i % 3] + (slopeX * (((float)x / Edge) - 0.5f)) + (slopeY * (((float)y / Edge) - 0.5f)) + Between(random, -0.02f, 0.02f);
        }

        return pixels;
    }

    private static void Paint(Random random, float[] pixels, SceneObject thing)
    {
        float centreX = (thing.Place % 2 * Cell) + (Cell / 2) + Between(random, -1.5f, 1.5f);
        float centreY = (thing.Place / 2 * Cell) + (Cell / 2) + Between(random, -1.5f, 1.5f);
        float radius = Between(random, 7.5f, 11);
        (float r, float g, float b) = Tints[thing.Color];
        Span<float> tint = [r + Between(random, -0.08f, 0.08f), g + Between(random, -0.08f, 0.08f), b + Between(random, -0.08f, 0.08f)];
        for (int y = Math.Max(0, (int)(centreY - radius - 1)); y < Math.Min(Edge, centreY + radius + 1); y++)
        {
            for (int x = Math.Max(0, (int)(centreX - radius - 1)); x < Math.Min(Edge, centreX + radius + 1); x++)
            {
                float cover = Cover(thing.Shape, x - centreX, y - centreY, radius);
                for (int c = 0; cover > 0 && c < 3; c++)
                {
                    int at = (((y * Edge) + x) * 3) + c;
                    pixels[at] = (pixels[at] * (1 - cover)) + (cover * (tint[c] + Between(random, -0.02f, 0.02f)));
                }
            }
        }
    }

    // Four samples a pixel soften the outline.
    private static float Cover(int shape, float x, float y, float radius)
    {
        float cover = 0;
        for (int sample = 0; sample < 4; sample++)
        {
            float u = (x + 0.25f + (0.5f * (sample & 1))) / radius;
            float v = (y + 0.25f + (0.5f * (sample >> 1))) / radius;
            cover += Inside(shape, u, v) ? 0.25f : 0;
        }

        return cover;
    }

    private static bool Inside(int shape, float u, float v) => SceneWords.Shapes[shape] switch
    {
        "circle" => (u * u) + (v * v) <= 1,
        "square" => Math.Abs(u) <= 0.82f && Math.Abs(v) <= 0.82f,
        "triangle" => v >= -0.9f && v <= 0.8f && Math.Abs(u) <= (v + 0.9f) / 1.7f,
        _ => (Math.Abs(u) <= 0.3f && Math.Abs(v) <= 0.95f) || (Math.Abs(v) <= 0.3f && Math.Abs(u) <= 0.95f),
    };

    private static float Between(Random random, float low, float high) => low + ((high - low) * random.NextSingle());
}
