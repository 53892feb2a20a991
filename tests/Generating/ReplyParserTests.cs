using LlavaCuda.Trainer.Generating;

namespace LlavaCuda.Tests.Generating;

public sealed class ReplyParserTests
{
    private const string Plain = "Question:\nA?\n===\nAnswer:\nB.\n\n1. one\n2. two\n===\nQuestion:\nC?\n===\nAnswer:\nD.";

    [Theory]
    [InlineData(Plain, 0)]
    [InlineData("Question: A?\r\n===\r\nAnswer: B.\r\n\r\n1. one\r\n2. two\r\n  ===  \r\nQuestion: C?\r\n===\r\nAnswer: D.\r\n===\r\n", 0)]
    [InlineData("```\n" + Plain + "\n```", 1)]
    [InlineData("```text\n" + Plain + "\n```", 1)]
    [InlineData("Here is the conversation:\n===\n" + Plain, 1)]
    [InlineData("Sure!\n" + Plain, 1)]
    [InlineData("**Question:**\nA?\n\n**Answer:** B.\n\n1. one\n2. two\n\n**Question 2:** C?\n**Answer 2**: D.", 1)]
    [InlineData("1. Question: A?\n===\nAnswer: B.\n\n1. one\n2. two\n===\n## QUESTION: C?\n===\nAnswer: D.", 0)]
    [InlineData("Q: A?\nA: B.\n\n1. one\n2. two\nQ: C?\nA: D.", 2)]
    public void Conversation_AsAskedOrWithOneMeaning_IsRead(string reply, int repairs)
    {
        ParsedReply parsed = Parse(ResponseType.Conversation, reply);
        Assert.Equal([new("A?", "B.\n\n1. one\n2. two"), new("C?", "D.")], parsed.Pairs);
        Assert.Empty(parsed.Dropped);
        Assert.Equal(repairs, parsed.Repairs.Count);
    }

    [Theory]
    [InlineData("", ReplyParser.Empty)]
    [InlineData(" \n", ReplyParser.Empty)]
    [InlineData("A lovely day.", ReplyParser.NoLabel)]
    [InlineData("I'm sorry, but I can't help with that.", ReplyFilter.Refusal)]
    [InlineData("Answer:\nB.\n===\nQuestion:\nC?", ReplyParser.NotAlternating)]
    [InlineData("Question:\nA?\n===\nQuestion:\nB?\n===\nAnswer:\nC.", ReplyParser.NotAlternating)]
    [InlineData("Question:\nA?\n===\nAnswer:\nB.\n===\nAnswer:\nC.", ReplyParser.NotAlternating)]
    [InlineData("Question:\nA?\n===\nAnswer:\nB.\n===\nmore of it\n===\nQuestion:\nC?\n===\nAnswer:\nD.", ReplyParser.NoLabel)]
    public void Conversation_OfSeveralMeaningsOrNone_IsOfNoUse(string reply, string reason)
    {
        ParsedReply parsed = Parse(ResponseType.Conversation, reply);
        Assert.Empty(parsed.Pairs);
        Assert.Equal([new DroppedPart(reason, reply)], parsed.Dropped.Select(part => part with { Text = reply }));
    }

    [Fact]
    public void Conversation_AnswerThatListsOptions_IsNotSplitAtThem()
    {
        ParsedReply parsed = Parse(ResponseType.Conversation, "Question:\nWhich?\n===\nAnswer:\nOf these:\nA: tea\nQ: quince\nthe first.");
        Assert.Equal([new("Which?", "Of these:\nA: tea\nQ: quince\nthe first.")], parsed.Pairs);
    }

    [Fact]
    public void Conversation_EndsWithAQuestionOrCutOff_LosesOnlyThat()
    {
        Assert.Equal(
            [new DroppedPart(ReplyParser.Unanswered, "E?")],
            Parse(ResponseType.Conversation, Plain + "\n===\nQuestion:\nE?") is { Pairs.Count: 2 } parsed ? parsed.Dropped : []);
        ParsedReply cut = ReplyParser.Parse(ResponseType.Conversation, Plain, isCutOff: true, "-");
        Assert.Equal("A?", Assert.Single(cut.Pairs).Question);
        Assert.Equal(ReplyParser.CutOff, Assert.Single(cut.Dropped).Reason);
    }

    [Fact]
    public void Reasoning_IsExactlyOneWholePair()
    {
        const string One = "Question:\nWhy?\n===\nAnswer:\nSo.\n\nThus.";
        Assert.Equal([new("Why?", "So.\n\nThus.")], Parse(ResponseType.Reasoning, One).Pairs);
        Assert.Equal(ReplyParser.NotOnePair, Assert.Single(Parse(ResponseType.Reasoning, Plain).Dropped).Reason);
        Assert.Empty(Parse(ResponseType.Reasoning, Plain).Pairs);
        Assert.Empty(ReplyParser.Parse(ResponseType.Reasoning, One, isCutOff: true, "-").Pairs);
    }

    [Fact]
    public void Detail_IsTheWholeReply()
    {
        Assert.Equal([new("Describe.", "A scene.\n\nMore.")], Parse(ResponseType.Detail, " A scene.\r\n\r\nMore. ").Pairs);
        Assert.Equal(ReplyParser.Labelled, Assert.Single(Parse(ResponseType.Detail, Plain).Dropped).Reason);
        Assert.Empty(ReplyParser.Parse(ResponseType.Detail, "A scene", isCutOff: true, "-").Pairs);
    }

    [Theory]
    [InlineData("How many?", "Two.", null)]
    [InlineData("How many?", "", ReplyParser.Empty)]
    [InlineData("", "Two.", ReplyParser.Empty)]
    [InlineData("Who?", "I'm sorry, but I cannot assist with that.", ReplyFilter.Refusal)]
    [InlineData("Who?", "As an AI model, I do not know.", ReplyFilter.Refusal)]
    [InlineData("Who?", "The captions mention a man.", ReplyFilter.Mention)]
    [InlineData("What do the bounding boxes show?", "A man.", ReplyFilter.Mention)]
    [InlineData("Where?", "At [0.12, 0.3, 0.4, 0.5].", ReplyFilter.Mention)]
    [InlineData("Where?", "The given description says in a park.", ReplyFilter.Mention)]
    [InlineData("What is his name?", "It cannot be determined from the image.", ReplyFilter.Unanswerable)]
    [InlineData("What brand?", "The brand is not mentioned.", ReplyFilter.Unanswerable)]
    [InlineData("What brand?", "There is no information about it.", ReplyFilter.Unanswerable)]
    [InlineData("What is it?", "A <image> of a cat.", ReplyFilter.Placeholder)]
    [InlineData("Is the cat sorry?", "The cat is not sorry; it knows no shame.", null)]
    [InlineData("What color?", "It is red. Its maker cannot be determined.", null)]
    [InlineData("Can he reach it?", "He cannot reach the shelf, it is too high.", null)]
    [InlineData("Is it hard to say?", "No, the dog is clearly visible.", null)]
    public void Filter_EachReason_IsFoundAndNothingElse(string question, string answer, string? reason)
    {
        ParsedReply kept = ReplyFilter.Apply(new ParsedReply([new("First?", "Yes."), new(question, answer)], [], []));
        Assert.Equal(reason is null ? 2 : 1, kept.Pairs.Count);
        Assert.Equal(reason, kept.Dropped.Count == 0 ? null : Assert.Single(kept.Dropped).Reason);
    }

    [Fact]
    public void Filter_RepeatedQuestion_IsDropped() => Assert.Equal(
        ReplyFilter.Repeated,
        Assert.Single(ReplyFilter.Apply(new ParsedReply([new("What?", "This."), new("what?", "That.")], [], [])).Dropped).Reason);

    private static ParsedReply Parse(ResponseType type, string reply) => ReplyParser.Parse(type, reply, isCutOff: false, "Describe.");
}
