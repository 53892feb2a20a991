using LlavaCuda.Text;

namespace LlavaCuda.Trainer.Data;

/// <summary>A sample of a data file as it stands there.</summary>
/// <param name="Place">Where it stands.</param>
/// <param name="Images">Paths of its pictures, relative to the folder of pictures, in the order of the markers in the text.</param>
/// <param name="Conversation">Human and assistant in turn.</param>
internal sealed record ConversationSample(SamplePlace Place, string[] Images, Conversation Conversation);
