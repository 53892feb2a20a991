namespace LlavaCuda.Text;

/// <summary>Who speaks.</summary>
public enum Role
{
    /// <summary>The one who asks, <c>human</c> in LLaVA's data.</summary>
    Human,

    /// <summary>The model, <c>gpt</c> in LLaVA's data.</summary>
    Assistant,
}
