using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json;
using LlavaCuda.Checkpoints;
using LlavaCuda.Devices;
using LlavaCuda.Native;

namespace LlavaCuda.Trainer.Training;

/// <summary>
/// What <c>training.json</c> says of the run that made a result, for people: the command, when and how long, on what, from which files; and under <c>run</c> all that the result's bits
/// depend on.
/// </summary>
internal sealed class RunReport(TrainingOptions options, TrainingSetup setup, Device device, DateTimeOffset started)
{
    private const int Version = 1;

    /// <summary>Gets the program's version, with the commit that it was built from where the build knows it.</summary>
    internal static string ProgramVersion { get; } =
        typeof(RunReport).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    /// <summary>Gets or sets the step that the run went on from; 0 where it began.</summary>
    internal long FirstStep { get; set; }

    /// <summary>Writes the file.</summary>
    /// <param name="stream">Receives it.</param>
    /// <param name="identity">What the result's bits depend on.</param>
    /// <param name="result">How the run ended.</param>
    internal void Write(Stream stream, IReadOnlyDictionary<string, string> identity, TrainingResult result)
    {
        DateTimeOffset now = DateTimeOffset.UtcNow;
        using Utf8JsonWriter json = new(stream, ConfigText.Indented);
        json.WriteStartObject();
        json.WriteNumber("version", Version);
        json.WriteNumber("step", setup.Steps);
        json.WriteString("command", options.Command ?? "none: run by the library");
        json.WriteString("working_folder", Environment.CurrentDirectory);
        json.WriteString("started", Second(started));
        json.WriteString("finished", Second(now));
        json.WriteNumber("seconds", Math.Round((now - started).TotalSeconds, 1));
        json.WriteNumber("went_on_from_step", FirstStep);
        WriteNumber(json, "last_loss", result.LastLoss);
        json.WriteNumber("samples", setup.Data.Samples.Count);
        json.WriteNumber("samples_left_out_for_bad_images", result.LeftOut);
        WriteVersions(json);
        WritePaths(json);
        RunIdentity.WriteRun(json, identity);
        json.WriteEndObject();
    }

    private void WriteVersions(Utf8JsonWriter json)
    {
        json.WriteStartObject("versions");
        json.WriteString("llava", ProgramVersion);
        json.WriteString("dotnet", RuntimeInformation.FrameworkDescription);
        json.WriteString("system", $"{RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}");
        json.WriteString("device", device.Description);
        if (device is CudaDevice)
        {
            foreach ((string name, NativeComponent component) in (ReadOnlySpan<(string, NativeComponent)>)
                [("cuda_driver", NativeComponent.Driver), ("nvrtc", NativeComponent.Nvrtc), ("cublaslt", NativeComponent.CublasLt)])
            {
                json.WriteString(name, NativeLoader.Find(component).Version.ToString());
            }
        }

        json.WriteEndObject();
    }

    private void WritePaths(Utf8JsonWriter json)
    {
        json.WriteStartObject("paths");
        WritePath("model", options.Model);
        WritePath("vision", options.Vision);
        WritePath("projector_weights", options.ProjectorWeights);
        json.WriteStartArray("data");
        foreach (string file in options.Data)
        {
            json.WriteStringValue(Path.GetFullPath(file));
        }

        json.WriteEndArray();
        WritePath("images", options.Images);
        WritePath("out", options.Out);
        json.WriteEndObject();

        void WritePath(string name, string? path)
        {
            if (path is not null)
            {
                json.WriteString(name, Path.GetFullPath(path));
            }
        }
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value))
        {
            json.WriteNumber(name, value);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    private static DateTime Second(DateTimeOffset time) => new(time.UtcTicks / TimeSpan.TicksPerSecond * TimeSpan.TicksPerSecond, DateTimeKind.Utc);
}
