namespace LlavaCuda.Text;

/// <content>The forms of a prompt. An empty turn leaves its role open, in the middle too, as the original code does.</content>
public sealed partial record ConversationTemplate
{
    /// <summary>The form for chat and, except for <see cref="TemplateStyle.OneSeparator"/> and <see cref="TemplateStyle.Plain"/>, for training.</summary>
    internal PromptSegments Prompt(Conversation conversation)
    {
        IReadOnlyList<Turn> turns = [.. Preset, .. conversation.Turns];
        return Style switch
        {
            TemplateStyle.OneSeparator => PromptOneSeparator(turns),
            TemplateStyle.TwoSeparators => PromptTwoSeparators(turns),
            TemplateStyle.ChatMl => PromptChatMl(turns),
            TemplateStyle.Llama2 => PromptLlama2(turns, conversation.Name),
            _ => PromptPlain(turns, conversation.Name),
        };
    }

    /// <summary>
    /// The form for training. Loss is taken on an answer, with the space before it and the separator that ends it.
    /// </summary>
    internal PromptSegments TrainingPrompt(Conversation conversation) => Style switch
    {
        TemplateStyle.OneSeparator => TrainOneSeparator(conversation.Turns),
        TemplateStyle.Plain => TrainPlain(conversation),
        _ => Prompt(conversation),
    };

    private string SystemHeader => Style == TemplateStyle.ChatMl ? ChatMlSystemHeader : string.Empty;

    private string RoleOf(Turn turn) => turn.Role == Role.Human ? HumanRole : AssistantRole;

    private PromptSegments PromptOneSeparator(IReadOnlyList<Turn> turns)
    {
        PromptSegments prompt = new PromptSegments().AddSystem(System, SystemHeader).Add(Separator);
        foreach (Turn turn in turns)
        {
            prompt.Add($"{RoleOf(turn)}:").BeginAnswer(turn.Role == Role.Assistant);
            if (!turn.IsEmpty)
            {
                prompt.Add(" ").Add(turn).Add(Separator);
            }
        }

        return prompt;
    }

    private PromptSegments PromptTwoSeparators(IReadOnlyList<Turn> turns)
    {
        PromptSegments prompt = new PromptSegments().AddSystem(System, SystemHeader).Add(Separator);
        foreach (Turn turn in turns)
        {
            bool answer = turn.Role == Role.Assistant;
            prompt.Add($"{RoleOf(turn)}:").BeginAnswer(answer);
            if (!turn.IsEmpty)
            {
                prompt.Add(" ", answer).Add(turn, answer).Add(answer ? AnswerEnd! : Separator, answer);
            }
        }

        return prompt;
    }

    private PromptSegments PromptChatMl(IReadOnlyList<Turn> turns)
    {
        PromptSegments prompt = new PromptSegments().AddSystem(System, SystemHeader).Add(Separator);
        foreach (Turn turn in turns)
        {
            bool answer = turn.Role == Role.Assistant;
            prompt.Add(RoleOf(turn)).BeginAnswer(answer);
            if (!turn.IsEmpty)
            {
                prompt.Add(turn, answer).Add(Separator, answer);
            }
        }

        return prompt;
    }

    private PromptSegments PromptLlama2(IReadOnlyList<Turn> turns, string name)
    {
        if (turns.Count > 0 && (turns[0].IsEmpty || turns[0].Role != Role.Human))
        {
            throw new ArgumentException($"{name}: template {Name} needs a first turn that is the human's and says something");
        }

        PromptSegments prompt = new();
        for (int i = 0; i < turns.Count; i++)
        {
            if (turns[i].IsEmpty)
            {
                continue;
            }

            if (turns[i].Role == Role.Human)
            {
                // The original strips the separator's characters from the front of the whole: the first turn has none.
                prompt.Add(i > 0 ? Separator : string.Empty).Add("[INST] ");
                if (i == 0 && System.Length > 0)
                {
                    prompt.Add("<<SYS>>\n").AddSystem(System, SystemHeader).Add("\n<</SYS>>\n\n");
                }

                prompt.Add(turns[i]).Add(" [/INST]");
            }
            else
            {
                prompt.BeginAnswer().Add(" ", true).Add(turns[i], true).Add(" ", true).Add(AnswerEnd!, true);
            }
        }

        return prompt;
    }

    private PromptSegments PromptPlain(IReadOnlyList<Turn> turns, string name)
    {
        PromptSegments prompt = new PromptSegments().AddSystem(System, SystemHeader);
        foreach (Turn turn in turns.Where(t => !t.IsEmpty))
        {
            if (turn.Role == Role.Assistant)
            {
                throw new ArgumentException($"{name}: template {Name} has no form for an answer in a prompt");
            }

            prompt.Add(turn).Add(Separator);
        }

        return prompt;
    }

    /// <summary>
    /// The first release's form, unlike its own chat form. Loss is meant for whole answers, their role included, and for the
    /// mark that begins every turn, so that the model learns to stop; the original's mask drifts off by a token a turn, this one does not.
    /// </summary>
    private PromptSegments TrainOneSeparator(IReadOnlyList<Turn> turns)
    {
        PromptSegments prompt = new PromptSegments().AddSystem(System, SystemHeader).Add("\n\n");
        foreach (Turn turn in turns)
        {
            bool answer = turn.Role == Role.Assistant;
            prompt.Add(Separator, true).Add($" {RoleOf(turn)}: ", answer).Add(turn, answer).Add("\n", answer);
        }

        return prompt.Add($"{Separator} ", true);
    }

    /// <summary>The question is dropped: a caption follows its image, and no end token follows the caption.</summary>
    private PromptSegments TrainPlain(Conversation conversation)
    {
        if (conversation.Turns is not [{ Role: Role.Human, ImageCount: > 0 } question, { Role: Role.Assistant } answer])
        {
            throw new InvalidDataException($"{conversation.Name}: template {Name} needs one question with an image and one answer, not {conversation.Turns.Count} turns with {conversation.ImageCount} images");
        }

        return new PromptSegments().Add(new Turn(Role.Human, [.. question.Content.Where(p => p.IsImage)])).Add(answer, true).Add(Separator, true);
    }
}
