using LlavaCuda.Text;

namespace LlavaCuda.Tests.Text;

public sealed class AddedTokenMatcherTests
{
    [Fact]
    public void Find_RandomTokensAndTexts_IsTheFirstPlaceAndThereTheLongest()
    {
        Random random = new(5);
        for (int round = 0; round < 300; round++)
        {
            IEnumerable<string> contents = Enumerable.Range(0, random.Next(1, 12)).Select(_ => Text(random, 1, 5)).Distinct();
            AddedToken[] tokens = [.. contents.Select(static (content, id) => new AddedToken(content, id))];
            AddedTokenMatcher matcher = new(tokens);
            string text = Text(random, 0, 30);

            AddedToken? found = matcher.Find(text, out int at);

            IEnumerable<int> places = tokens.Select(token => text.IndexOf(token.Content, StringComparison.Ordinal));
            int first = places.Where(static place => place >= 0).DefaultIfEmpty(-1).Min();
            IEnumerable<AddedToken> there = tokens.Where(token => first >= 0 && text.AsSpan(first).StartsWith(token.Content));
            Assert.Equal(first, at);
            Assert.Equal(there.MaxBy(static token => token.Content.Length), found);
        }
    }

    [Fact]
    public void Find_ManyTokens_IsTheRightOne()
    {
        AddedTokenMatcher matcher = new(Enumerable.Range(0, 50_000).Select(static id => new AddedToken($"<token_{id}>", id)));

        for (int id = 0; id < 50_000; id += 777)
        {
            Assert.Equal((id, 3), (matcher.Find($"ab <token_{id}> c", out int at)!.Id, at));
        }
    }

    [Fact]
    public void Find_NoTokens_FindsNothing() => Assert.Null(new AddedTokenMatcher([]).Find("text", out _));

    private static string Text(Random random, int least, int most) =>
        string.Concat(Enumerable.Range(0, random.Next(least, most + 1)).Select(_ => "ab<"[random.Next(3)]));
}
