using LlavaCuda.Images;
using LlavaCuda.Trainer.Quickstart;

namespace LlavaCuda.Trainer.Ablations;

/// <summary>
/// A multiple-choice problem in the manner of ScienceQA, in which reasoning helps. An object is shown, or described in the context. One
/// of its attributes gives the number of steps to take, one in which direction, and one where to start, on a ring of four places or of four
/// shapes; the answer is where that ends. Written out, every step is a fact to remember; the answer alone needs all of them at once.
/// </summary>
/// <param name="Subject">ScienceQA's subject: which ring it is about.</param>
/// <param name="Image">The image, or null where the context describes the object.</param>
/// <param name="Context">ScienceQA's hint; empty with an image.</param>
/// <param name="Question">The question.</param>
/// <param name="Choices">The four options.</param>
/// <param name="Answer">Index of the right one.</param>
/// <param name="Solution">The reasoning.</param>
internal sealed record MadeUpProblem(string Subject, RgbImage? Image, string Context, string Question, IReadOnlyList<string> Choices, int Answer, string Solution)
{
    private const double ImageShare = 0.7;
    private const int Ring = 4;

    // The places clockwise.
    private static readonly int[] Clockwise = [0, 1, 3, 2];

    /// <summary>Gets the letter of the right option.</summary>
    internal char Letter => (char)('A' + Answer);

    /// <summary>Draws a problem.</summary>
    /// <param name="random">Source of chance.</param>
    /// <param name="heldOut">Whether its scene is one that is kept for the evaluation.</param>
    /// <returns>The problem.</returns>
    internal static MadeUpProblem Draw(Random random, bool heldOut)
    {
        bool moves = random.Next(2) == 0;
        Scene scene = Scene.Draw(random, SceneKind.Single, heldOut);
        bool shown = random.NextDouble() < ImageShare;
        SceneObject thing = scene.Objects[0];
        (string shape, string color, string place) = (SceneWords.Shapes[thing.Shape], SceneWords.Colors[thing.Color], SceneWords.Places[thing.Place]);
        string[] ring = moves ? [.. Clockwise.Select(static at => SceneWords.Places[at])] : SceneWords.Shapes;
        int start = Array.IndexOf(ring, moves ? place : shape);
        int steps = ((moves ? thing.Shape : thing.Color) % 3) + 1;
        bool right = moves ? thing.Color % 2 == 0 : thing.Place < 2;
        int[] path = [.. Enumerable.Range(1, steps).Select(step => (start + (right ? step : Ring - step)) % Ring)];
        (string counted, string turned) = moves ? ($"a {shape}", color) : (color, place);
        string solution = $"{counted}: {SceneWords.Numbers[steps]}. {turned}: {(right ? "right" : "left")}. {ring[start]}: {string.Join(", ", path.Select(at => ring[at]))}.";
        return new MadeUpProblem(
            moves ? "natural science" : "social science",
            shown ? SceneRenderer.Draw(random, scene) : null,
            shown ? string.Empty : SceneWords.Caption(scene) + ".",
            moves ? "Where is it to go?" : "Which shape is it to have?",
            ring,
            path[^1],
            solution);
    }

    /// <summary>Writes the question as ScienceQA's format <c>QCM</c> does: question, context, options.</summary>
    /// <returns>The text, without a mark for the image.</returns>
    internal string Prompt() =>
        $"{Question}\nContext: {(Context.Length == 0 ? "N/A" : Context)}\nOptions: {string.Join(' ', Choices.Select(static (choice, at) => $"({(char)('A' + at)}) {choice}"))}";

    /// <summary>
    /// Writes the answer that is trained: ScienceQA's formats <c>LEA</c> (reasoning first) and <c>ALE</c> (answer first).
    /// </summary>
    /// <param name="reasoningFirst">Which of them.</param>
    /// <returns>The text.</returns>
    internal string TrainedAnswer(bool reasoningFirst) => reasoningFirst ? $"{Solution} The answer is {Letter}." : $"The answer is {Letter}. BECAUSE: {Solution}";
}
