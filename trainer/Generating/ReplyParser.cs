using System.Text.RegularExpressions;

namespace LlavaCuda.Trainer.Generating;

/// <summary>
/// Parses replies strictly: blocks with <c>Question:</c> and <c>Answer:</c> in turns, between lines of <c>===</c>. What is not so and can
/// mean only one thing is repaired; the rest is of no use, with a reason.
/// </summary>
internal static partial class ReplyParser
{
    internal const string Empty = "empty";
    internal const string CutOff = "cut off at the most tokens";
    internal const string NotAlternating = "questions and answers do not alternate";
    internal const string NoLabel = "a block has neither 'Question:' nor 'Answer:'";
    internal const string NotOnePair = "not exactly one question and answer";
    internal const string Labelled = "questions or separators in a description";
    internal const string Unanswered = "a last question without an answer";
    private const string Fence = "```";

    /// <summary>Parses a reply.</summary>
    /// <param name="type">What was asked for.</param>
    /// <param name="text">The reply.</param>
    /// <param name="isCutOff">Whether it ended for its length.</param>
    /// <param name="instruction">What stands as the question of a description.</param>
    internal static ParsedReply Parse(ResponseType type, string text, bool isCutOff, string instruction)
    {
        List<string> repairs = [];
        string reply = text.ReplaceLineEndings("\n").Trim();
        if (reply.Length == 0)
        {
            return ParsedReply.Useless(Empty, text);
        }

        if (WithoutFence(reply) is { } inside)
        {
            reply = inside;
            repairs.Add("a fence of ``` taken away");
        }

        if (type == ResponseType.Detail)
        {
            return isCutOff ? ParsedReply.Useless(CutOff, text)
                : Separator().IsMatch(reply) || Labels().IsMatch(reply) ? ParsedReply.Useless(Labelled, text)
                : new ParsedReply([new QuestionAnswer(instruction, reply)], [], repairs);
        }

        ParsedReply parsed = ParseBlocks(reply, isCutOff, repairs);
        if (parsed.Pairs.Count == 0 && ReplyFilter.IsRefusal(reply))
        {
            return ParsedReply.Useless(ReplyFilter.Refusal, text);
        }

        return parsed.Pairs.Count > 0 && type == ResponseType.Reasoning && (parsed.Pairs.Count != 1 || isCutOff)
            ? ParsedReply.Useless(isCutOff ? CutOff : NotOnePair, text)
            : parsed;
    }

    private static ParsedReply ParseBlocks(string reply, bool isCutOff, List<string> repairs)
    {
        // Answers may list options by letter, so that Q: and A: are labels only where no others are.
        Regex label = Labels().IsMatch(reply) ? Labels() : ShortLabels();
        if (label == ShortLabels())
        {
            repairs.Add("'Q:' and 'A:' taken for 'Question:' and 'Answer:'");
        }

        List<(bool IsQuestion, string Text)> blocks = [];
        bool isFirst = true;
        foreach (string part in Separator().Split(reply))
        {
            string block = part.Trim();
            MatchCollection labels = label.Matches(block);
            if (block.Length == 0)
            {
                continue;
            }

            if (labels.Count == 0 || labels[0].Index > 0)
            {
                // Words before the first question are no part of the dialogue; between others they could belong to either.
                if (!isFirst)
                {
                    return ParsedReply.Useless(NoLabel, reply);
                }

                repairs.Add("words before the first question dropped");
            }

            if (labels.Count > 1)
            {
                repairs.Add("missing separators set");
            }

            for (int i = 0; i < labels.Count; i++)
            {
                int begin = labels[i].Index + labels[i].Length, end = i + 1 < labels.Count ? labels[i + 1].Index : block.Length;
                blocks.Add((char.ToUpperInvariant(labels[i].Groups["kind"].Value[0]) == 'Q', block[begin..end].Trim()));
            }

            isFirst = false;
        }

        return Pair(reply, blocks, isCutOff, repairs);
    }

    private static ParsedReply Pair(string reply, List<(bool IsQuestion, string Text)> blocks, bool isCutOff, List<string> repairs)
    {
        if (blocks.Count == 0)
        {
            return ParsedReply.Useless(NoLabel, reply);
        }

        if (blocks.Index().Any(static block => block.Item.IsQuestion != (block.Index % 2 == 0)))
        {
            return ParsedReply.Useless(NotAlternating, reply);
        }

        List<QuestionAnswer> pairs = [];
        List<DroppedPart> dropped = [];
        for (int i = 0; i + 1 < blocks.Count; i += 2)
        {
            pairs.Add(new QuestionAnswer(blocks[i].Text, blocks[i + 1].Text));
        }

        if (blocks.Count % 2 == 1)
        {
            dropped.Add(new DroppedPart(isCutOff ? CutOff : Unanswered, blocks[^1].Text));
        }
        else if (isCutOff)
        {
            dropped.Add(new DroppedPart(CutOff, pairs[^1].Answer));
            pairs.RemoveAt(pairs.Count - 1);
        }

        return new ParsedReply(pairs, dropped, [.. repairs.Distinct()]);
    }

    private static string? WithoutFence(string reply)
    {
        int line = reply.IndexOf('\n');
        return reply.StartsWith(Fence, StringComparison.Ordinal) && reply.EndsWith(Fence, StringComparison.Ordinal) && line > 0
            && reply.IndexOf(Fence, Fence.Length, StringComparison.Ordinal) == reply.Length - Fence.Length
                ? reply[line..^Fence.Length].Trim()
                : null;
    }

    [GeneratedRegex(@"^[ \t]*={3,}[ \t]*$", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex Separator();

    // With the marks that chat models like to put around them: numbers, bold, headings.
    [GeneratedRegex(
        @"^[ \t]*(?:\d+[.)][ \t]*)?[*#_ ]*(?<kind>Question|Answer)(?:[ \t]+\d+)?[*_]*[ \t]*:[*_]*[ \t]*",
        RegexOptions.Multiline | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Labels();

    [GeneratedRegex(
        @"^[ \t]*(?:\d+[.)][ \t]*)?[*#_ ]*(?<kind>Q|A)(?:\d+)?[*_]*[ \t]*:[*_]*[ \t]*",
        RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex ShortLabels();
}
