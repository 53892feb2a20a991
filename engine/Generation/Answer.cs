namespace LlavaCuda.Generation;

/// <summary>Why an answer ended.</summary>
public enum AnswerEnd
{
    /// <summary>The model ended it, or a stop string did.</summary>
    Stop,

    /// <summary>The most tokens allowed were generated, or the context is full.</summary>
    Length,

    /// <summary>The caller ended it.</summary>
    Cancelled,
}

/// <summary>What came of a question.</summary>
/// <param name="Text">The whole answer.</param>
/// <param name="End">Why it ended.</param>
/// <param name="PromptRows">Rows of the prompt: text tokens and rows of images.</param>
/// <param name="ImageRows">How many of them are rows of images.</param>
/// <param name="NewTokens">Tokens generated, the end token not counted.</param>
/// <param name="PrefillTime">Time until the first token could be chosen.</param>
/// <param name="DecodeTime">Time of all tokens after it.</param>
public sealed record Answer(string Text, AnswerEnd End, int PromptRows, int ImageRows, int NewTokens, TimeSpan PrefillTime, TimeSpan DecodeTime);
