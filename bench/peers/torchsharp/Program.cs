using System.Globalization;
using Peer;
using TorchSharp;
using static TorchSharp.torch;

// Reads names of workloads, one a line, and answers each with its rate in tokens/s: pretrain, finetune, prefill or decode. Arguments: config.json, threads.
set_num_threads(int.Parse(args[1], CultureInfo.InvariantCulture));
random.manual_seed(0);
Workloads workloads = new(new SmallConfig(args[0]));
Console.WriteLine($"TorchSharp {typeof(torch).Assembly.GetName().Version?.ToString(3)}, {get_num_threads()} threads");
while (Console.ReadLine() is string name)
{
    double rate = name switch
    {
        "pretrain" => workloads.Train(language: false),
        "finetune" => workloads.Train(language: true),
        "prefill" => workloads.Prefill(),
        "decode" => workloads.Decode(),
        _ => throw new ArgumentException($"There is no workload '{name}'."),
    };
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{rate:F3}"));
}
