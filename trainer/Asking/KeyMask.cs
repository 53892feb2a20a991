using System.Text;
using System.Text.Encodings.Web;

namespace LlavaCuda.Trainer.Asking;

/// <summary>
/// Takes the key out of whatever a server replies, before anything else sees it: some repeat it in their errors, which are shown, logged
/// and stored.
/// </summary>
internal sealed class KeyMask : DelegatingHandler
{
    private const string Shown = "[key]";
    private const long MostBytes = 64 << 20;

    // A shorter key is no secret, and may be a part of ordinary words.
    private const int LeastLength = 8;
    private readonly string[] _secrets;

    /// <summary>Initializes a new instance of the <see cref="KeyMask"/> class.</summary>
    /// <param name="key">The key, or null.</param>
    internal KeyMask(string? key)
        : base(new SocketsHttpHandler())
    {
        // As it is, and in the ways that JSON may write it.
        string[] written = key is null || key.Length < LeastLength ? [] :
            [key, JavaScriptEncoder.Default.Encode(key), key.Replace("/", @"\/", StringComparison.Ordinal), Uri.EscapeDataString(key)];
        _secrets = [.. written.Distinct(StringComparer.Ordinal)];
    }

    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        HttpResponseMessage reply = await base.SendAsync(request, cancellationToken).ConfigureAwait(false);
        try
        {
            await reply.Content.LoadIntoBufferAsync(MostBytes, cancellationToken).ConfigureAwait(false);
            reply.ReasonPhrase = reply.ReasonPhrase is { } reason ? Mask(reason) : null;
            byte[] body = await reply.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
            if (_secrets.Any(secret => body.AsSpan().IndexOf(Encoding.UTF8.GetBytes(secret)) >= 0))
            {
                Replace(reply, Encoding.UTF8.GetBytes(Mask(Encoding.UTF8.GetString(body))));
            }

            return reply;
        }
        catch
        {
            reply.Dispose();
            throw;
        }
    }

    private static void Replace(HttpResponseMessage reply, byte[] body)
    {
        HttpContent whole = reply.Content;
        ByteArrayContent masked = new(body);
        masked.Headers.ContentType = whole.Headers.ContentType;
        reply.Content = masked;
        whole.Dispose();
    }

    private string Mask(string text) =>
        _secrets.Aggregate(text, static (masked, secret) => masked.Replace(secret, Shown, StringComparison.Ordinal));
}
