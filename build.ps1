# The whole gate, in the order of continuous integration.
dotnet restore LlavaCuda.sln --locked-mode
dotnet format LlavaCuda.sln --verify-no-changes --no-restore
dotnet build LlavaCuda.sln -c Release --no-restore
dotnet test LlavaCuda.sln -c Release --no-build
dotnet run -c Release --project trainer -- quickstart
