using System.Diagnostics;
using LlavaCuda.Generation;
using LlavaCuda.Trainer.Quickstart;

namespace LlavaCuda.Bench.Summary;

/// <summary>Answers the quickstart's held-out questions, each with an image, at once and one by one.</summary>
internal static class QuestionsAtOnce
{
    private const int Questions = 64;
    private const int Rounds = 7;

    /// <summary>Measures, both ways in turn.</summary>
    /// <param name="folder">A model folder; null for the quickstart's base, whose projector is untrained.</param>
    /// <returns>The row.</returns>
    /// <exception cref="InvalidOperationException">An answer is another one at once than alone.</exception>
    internal static SummaryRow Measure(string? folder)
    {
        string temporary = Directory.CreateTempSubdirectory("llava").FullName;
        try
        {
            if (folder is null)
            {
                ShippedBase.Extract(temporary);
            }

            using LlavaModel model = LlavaModel.Load(folder ?? temporary);
            LlavaQuestion[] questions = [.. QuickstartQuestions.Plain(1, Questions).Select(static question => new LlavaQuestion(question.Question.Text, [question.Picture]))];
            GenerationOptions options = new() { MaxNewTokens = 16 };
            double[] together = new double[Rounds];
            double[] ratios = new double[Rounds];
            for (int round = -1; round < Rounds; round++)
            {
                long start = Stopwatch.GetTimestamp();
                string[] atOnce = [.. model.AnswerMany(questions, options).Select(static answer => answer.Answer!.Text)];
                double first = Stopwatch.GetElapsedTime(start).TotalSeconds;
                start = Stopwatch.GetTimestamp();
                using ChatSession chat = model.StartChat();
                string[] alone = [.. questions.Select(question => Ask(chat, question, options))];
                double second = Stopwatch.GetElapsedTime(start).TotalSeconds;
                if (!atOnce.SequenceEqual(alone))
                {
                    throw new InvalidOperationException("An answer is another one at once than alone.");
                }

                if (round >= 0)
                {
                    (together[round], ratios[round]) = (Questions / first, second / first);
                }
            }

            return new SummaryRow($"{Questions} questions with images at once", Statistics.Median(together), "questions/s", Statistics.Median(ratios), "one by one");
        }
        finally
        {
            Directory.Delete(temporary, recursive: true);
        }
    }

    private static string Ask(ChatSession chat, LlavaQuestion question, GenerationOptions options)
    {
        chat.Clear();
        return string.Concat(chat.Send(question.Text, question.Images, options));
    }
}
