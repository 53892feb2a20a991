using System.Runtime.InteropServices;
using System.Text;

namespace LlavaCuda.Text;

/// <summary>
/// Turns conversations into token ids, image places and labels, all in one pass over the typed conversation: a token's label follows
/// from the stretch of the prompt in which it begins, never from counting the tokens of rendered text a second time.
/// </summary>
/// <remarks>
/// In a chat, control tokens come from the template's own text alone: whatever a user, the model or a system message says is encoded as letters. Training takes them from the whole
/// sample, as transformers and the original code do.
/// </remarks>
/// <remarks>
/// The text between two images is encoded as a text of its own, dummy prefix included, as LLaVA's tokenizer_image_token does;
/// the begin token stands once, at the very start.
/// </remarks>
public static class PromptEncoder
{
    /// <summary>The id that marks the place of an image.</summary>
    public const int ImageToken = -200;

    /// <summary>The label of tokens without loss.</summary>
    public const int Ignore = -100;

    /// <summary>Encodes a training sample.</summary>
    /// <param name="template">The form of the prompt.</param>
    /// <param name="conversation">
    /// The sample. Except for v0 and plain templates a first turn of the assistant is dropped and turns must alternate.
    /// An empty answer has no form in the prompt: it gets no end and no loss.
    /// </param>
    /// <param name="tokenizer">The tokenizer.</param>
    /// <param name="order">Where images go within their turns.</param>
    /// <param name="maxLength">The number of ids, images counting one, behind which the sample is cut off; null for no limit.</param>
    /// <returns>Ids and labels.</returns>
    /// <exception cref="InvalidDataException">The template has no form for the sample; the message names it.</exception>
    public static EncodedSample EncodeTraining(ConversationTemplate template, Conversation conversation, LlavaTokenizer tokenizer, ImageOrder order, int? maxLength)
    {
        Conversation arranged = order == ImageOrder.First ? conversation.Select(t => t.WithImageFirst()) : conversation;
        if (template.Style is not (TemplateStyle.OneSeparator or TemplateStyle.Plain))
        {
            arranged = Alternating(template, arranged);
        }

        (List<int> ids, List<int> labels, _) = Encode(template.TrainingPrompt(WithTags(template, arranged)), tokenizer, trustAll: true);
        bool truncated = maxLength < ids.Count;
        int count = truncated ? maxLength!.Value : ids.Count;
        int[] keptIds = [.. ids.Take(count)];
        int[] keptLabels = [.. labels.Take(count)];
        return new EncodedSample(keptIds, keptLabels, keptLabels.Count(l => l != Ignore), keptIds.Count(id => id == ImageToken), truncated);
    }

    /// <summary>Encodes the prompt for the next answer of a chat.</summary>
    /// <param name="template">The form of the prompt.</param>
    /// <param name="conversation">The chat so far, ending with the human's turn or with an empty turn of the assistant.</param>
    /// <param name="tokenizer">The tokenizer.</param>
    /// <returns>Ids, with <see cref="ImageToken"/> once for each image, up to where the answer begins.</returns>
    /// <exception cref="ArgumentException">The chat ends with an answer, or the template has no form for it.</exception>
    public static int[] EncodePrompt(ConversationTemplate template, Conversation conversation, LlavaTokenizer tokenizer) =>
        EncodePieces(template, conversation, tokenizer).Ids;

    /// <summary>Encodes a prompt that is written out already and comes from a trusted source: control tokens are recognised anywhere in it.</summary>
    /// <param name="prompt">Text in which <c>&lt;image&gt;</c> marks the place of an image.</param>
    /// <param name="tokenizer">The tokenizer.</param>
    /// <returns>Ids, with <see cref="ImageToken"/> once for each image.</returns>
    public static int[] EncodeMarked(string prompt, LlavaTokenizer tokenizer) =>
        [.. Encode(new PromptSegments().Add(Turn.FromMarked(Role.Human, prompt)), tokenizer, trustAll: true).Ids];

    /// <summary>Encodes the prompt for the next answer of a chat, as <see cref="EncodePrompt"/> does, and cuts it into the pieces that another prompt may share.</summary>
    /// <returns>Ids, and how many there are up to the end of each piece: after each image, where each earlier prompt of the same chat ended, and at the end.</returns>
    internal static (int[] Ids, int[] Ends) EncodePieces(ConversationTemplate template, Conversation conversation, LlavaTokenizer tokenizer)
    {
        Turn? last = conversation.Turns.Count > 0 ? conversation.Turns[^1] : null;
        if (last is null || (last.Role == Role.Assistant && !last.IsEmpty))
        {
            throw new ArgumentException($"{conversation.Name}: a prompt must end with the human's turn, {(last is null ? "there is no turn" : "not with an answer")}", nameof(conversation));
        }

        IEnumerable<Turn> open = last.Role == Role.Human ? [new Turn(Role.Assistant, [])] : [];
        Conversation asked = WithTags(template, new Conversation(conversation.Turns.Concat(open), conversation.Id));
        (List<int> ids, _, List<int> cuts) = Encode(template.Prompt(asked), tokenizer, trustAll: false);
        return ([.. ids], [.. cuts.Append(ids.Count).Where(static cut => cut > 0).Distinct()]);
    }

    private static Conversation WithTags(ConversationTemplate template, Conversation conversation) =>
        template.TagsImages ? conversation.Select(t => t.WithTaggedImages("<Image>", "</Image>")) : conversation;

    private static Conversation Alternating(ConversationTemplate template, Conversation conversation)
    {
        Turn[] turns = [.. conversation.Turns.Skip(conversation.Turns is [{ Role: Role.Assistant }, ..] ? 1 : 0)];
        int dropped = conversation.Turns.Count - turns.Length;
        if (turns.Length == 0)
        {
            throw new InvalidDataException($"{conversation.Name}: there is no turn of a human");
        }

        for (int i = 0; i < turns.Length; i++)
        {
            if (turns[i].Role != (i % 2 == 0 ? Role.Human : Role.Assistant))
            {
                throw new InvalidDataException($"{conversation.Name}: conversations[{i + dropped}].from is the {(turns[i].Role == Role.Human ? "human" : "gpt")} again; turns must alternate");
            }
        }

        return turns[0].IsEmpty && template.Style == TemplateStyle.Llama2
            ? throw new InvalidDataException($"{conversation.Name}: conversations[{dropped}].value is empty; template {template.Name} needs a first question that says something")
            : new Conversation(turns, conversation.Id);
    }

    // Cuts are where images end and answers begin, in ids.
    private static (List<int> Ids, List<int> Labels, List<int> Cuts) Encode(PromptSegments prompt, LlavaTokenizer tokenizer, bool trustAll)
    {
        List<int> ids = [];
        List<int> labels = [];
        List<int> cuts = [];
        if (tokenizer.Options.AddBos)
        {
            ids.Add(tokenizer.BosId);
            labels.Add(Ignore);
        }

        StringBuilder text = new();
        List<(int Start, bool Supervised)> stretches = [];
        List<(int Start, int End)> trusted = [];
        Queue<int> answers = [];
        int begun = 0;
        for (int i = 0; i < prompt.Items.Count; i++)
        {
            for (; begun < prompt.Answers.Count && prompt.Answers[begun] == i; begun++)
            {
                answers.Enqueue(text.Length);
            }

            PromptSegment segment = prompt.Items[i];
            if (segment.Text is { } words)
            {
                stretches.Add((text.Length, segment.Supervised));
                if (words.Length > 0 && (trustAll || segment.Trusted))
                {
                    // Neighbours are one: the original's separators and roles are written as one text, too.
                    bool joins = trusted is [.., (_, int end)] && end == text.Length;
                    int start = joins ? trusted[^1].Start : text.Length;
                    trusted.RemoveRange(trusted.Count - (joins ? 1 : 0), joins ? 1 : 0);
                    trusted.Add((start, text.Length + words.Length));
                }

                text.Append(words);
            }
            else
            {
                EncodeText();
                ids.Add(ImageToken);
                labels.Add(Ignore);
                cuts.Add(ids.Count);
            }
        }

        EncodeText();
        return (ids, labels, cuts);

        void EncodeText()
        {
            List<TextToken> tokens = [];
            tokenizer.Encode(text.ToString(), tokens, imageIsText: true, CollectionsMarshal.AsSpan(trusted));
            int at = 0;
            foreach (TextToken token in tokens)
            {
                while (answers.TryPeek(out int answer) && answer <= token.Start)
                {
                    cuts.Add(ids.Count);
                    answers.Dequeue();
                }

                while (at + 1 < stretches.Count && stretches[at + 1].Start <= token.Start)
                {
                    at++;
                }

                ids.Add(token.Id);
                labels.Add(stretches[at].Supervised ? token.Id : Ignore);
            }

            text.Clear();
            stretches.Clear();
            trusted.Clear();
            answers.Clear();
        }
    }
}
