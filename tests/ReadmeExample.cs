using LlavaCuda.Generation;
using Microsoft.Extensions.AI;

namespace LlavaCuda.Tests;

/// <summary>The README's example; a test holds the two together.</summary>
internal static class ReadmeExample
{
    internal static async Task Run(string folder, string picture, TextWriter output)
    {
        // begin
        using LlavaModel model = LlavaModel.Load(folder);
        using LlavaChatClient client = new(model);
        ChatMessage question = new(ChatRole.User,
        [
            new DataContent(await File.ReadAllBytesAsync(picture), "image/png"),
            new TextContent("What color is the shape?"),
        ]);
        await foreach (ChatResponseUpdate piece in client.GetStreamingResponseAsync([question]))
        {
            await output.WriteAsync(piece.Text);
        }

        // end
    }
}
