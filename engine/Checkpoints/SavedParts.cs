using System.Text;
using LlavaCuda.Models;
using LlavaCuda.Text;

namespace LlavaCuda.Checkpoints;

/// <summary>What every saved folder has, whatever the layout.</summary>
internal static class SavedParts
{
    internal static void Write(AtomicFolder files, LlavaConfig config, SaveOptions options, LlavaTokenizer? tokenizer)
    {
        files.WriteFile("preprocessor_config.json", stream => stream.Write(Encoding.UTF8.GetBytes(options.ImagesFor(config).ToJson())));
        if (tokenizer is not null)
        {
            files.WriteFiles(tokenizer.Save);
        }

        if (options.Template is { } template)
        {
            files.WriteFiles(new ModelManifest { Template = template.Name, ImageAspect = ConfigWriter.AspectName(options.ImagesFor(config).Aspect) }.Write);
        }

        options.WriteMore?.Invoke(files);
    }
}
